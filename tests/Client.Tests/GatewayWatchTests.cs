namespace LisaOrleans.Client.Tests;

public sealed class GatewayWatchTests
{
    [Fact]
    public void Lost_is_cancelled_by_a_broken_connection_and_only_for_those_who_waited_by_then()
    {
        var watch = new GatewayWatch();
        var (before, told) = (watch.Lost, 0);
        using var waiting = before.Register(() => told++);
        watch.OnCountChanged(null, new GatewayCountChangedEventArgs(3, 2));
        Assert.False(before.IsCancellationRequested);
        watch.OnCountChanged(null, new GatewayCountChangedEventArgs(2, 3));
        Assert.True(before.IsCancellationRequested);
        Assert.Equal(1, told);
        var after = watch.Lost;
        Assert.False(after.IsCancellationRequested);
        watch.OnCountChanged(null, new GatewayCountChangedEventArgs(1, 2));
        Assert.True(after.IsCancellationRequested);
        Assert.Equal(1, told);
    }

    [Fact]
    public void Longer_attempts_double_to_a_limit_and_those_without_one_keep_none()
    {
        var patience = new CallPatience(TimeSpan.FromSeconds(2), TimeSpan.FromMinutes(1));
        Assert.Equal(TimeSpan.FromSeconds(4), patience.Longer().Attempt);
        Assert.Equal(CallPatience.Longest, patience.Longer().Longer().Longer().Longer().Attempt);
        Assert.Equal(Timeout.InfiniteTimeSpan, new CallPatience(Timeout.InfiniteTimeSpan, TimeSpan.Zero).Longer().Attempt);
    }
}
