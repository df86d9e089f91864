using static LisaOrleans.Silo.Tests.ScheduledEventsService;

namespace LisaOrleans.Silo.Tests;

public sealed class ApprovalTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ApproveAsync_failing_or_unanswered_is_not_repeated_and_the_silo_stops(bool answers)
    {
        await using var service = await MetadataService.StartAsync();
        service.Announce(Event("e-1", "Preempt", "vm-1"));
        var announced = service.OnRequest;
        service.OnRequest = r => r.Method == "GET" ? announced(r) : answers ? new(500, "") : null;
        service.Http.Timeout = TimeSpan.FromMilliseconds(200);
        await using var silo = await WatchedSilo.StartAsync(service.Source("vm-1"));
        await silo.SecondsPassUntil(() => silo.IsStopping || service.Requests.Count(r => r.Method == "POST") > 1);
        Assert.True(silo.IsStopping);
        Assert.Single(service.Requests, r => r.Method == "POST");
    }
}
