using Microsoft.Extensions.Time.Testing;
using static TorchSharp.torch;

namespace LisaOrleans.Silo.Tests;

[Collection(nameof(TensorNode))]
public sealed class TensorRetryTests
{
    private const int Elements = 1_000_000;

    public static TheoryData<long, long> Faults => new()
    {
        // Closed: before the greeting, after it, and in the middle of the tensor; and a byte that flips there.
        { 0, long.MaxValue },
        { 5 + 32 + 32, long.MaxValue },
        { 2_345_678, long.MaxValue },
        { long.MaxValue, 2_345_678 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Claim_broken_transfer_is_repeated_over_another_connection(long closeAt, long flipAt)
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var tensor = randn(Elements);
        var sent = TensorNode.Bytes(tensor);
        var ticket = holder.Publish(tensor);
        await using var proxy = new TcpProxy(TensorNode.EndPoint(ticket)) { CloseAt = closeAt, FlipAt = flipAt, FaultyConnections = 2 };

        using var received = await claimant.Claim(TensorNode.Through(proxy.EndPoint, ticket));

        Assert.True(sent.AsSpan().SequenceEqual(TensorNode.Bytes(received)));
        Assert.Equal(3, proxy.Connections);
        await Until.True(() => tensor.IsInvalid);
    }

    [Fact]
    public async Task Claim_is_tried_a_few_times_only()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode(o => o with { Retries = 2 });
        var ticket = holder.Publish(ones(1));
        await using var proxy = new TcpProxy(TensorNode.EndPoint(ticket)) { CloseAt = 0 };
        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(TensorNode.Through(proxy.EndPoint, ticket)));
        Assert.Equal(3, proxy.Connections);
    }

    [Fact]
    public async Task Claim_refused_is_not_repeated()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var ticket = holder.Publish(ones(1));
        holder.Exchange.Discard(ticket);
        await using var proxy = new TcpProxy(TensorNode.EndPoint(ticket));
        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(TensorNode.Through(proxy.EndPoint, ticket)));
        Assert.Equal(1, proxy.Connections);
    }

    [Fact]
    public async Task Claim_failing_silo_is_left_alone_and_then_asked_again()
    {
        const int Failures = 8;
        var time = new FakeTimeProvider();
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode(o => o with { Retries = 1, FirstDelay = TimeSpan.Zero }, time);
        var ticket = holder.Publish(ones(1));
        await using var proxy = new TcpProxy(TensorNode.EndPoint(ticket)) { CloseAt = 0, FaultyConnections = Failures };
        var through = TensorNode.Through(proxy.EndPoint, ticket);
        for (var i = 0; i < Failures / 2; i++) await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(through));

        var e = await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(through));
        Assert.Contains("failed too often", e.Message, StringComparison.Ordinal);
        Assert.Equal(Failures, proxy.Connections);

        time.Advance(TimeSpan.FromSeconds(1));
        (await claimant.Claim(through)).Dispose();
    }

    [Fact]
    public async Task Discard_while_sending_frees_the_tensor_afterwards()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var tensor = ones(Elements);
        var ticket = holder.Publish(tensor);
        await using var proxy = new TcpProxy(TensorNode.EndPoint(ticket)) { SilentFrom = 1_000_000 };
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var claim = claimant.Claim(TensorNode.Through(proxy.EndPoint, ticket), cancel.Token);
        await proxy.Silent;

        holder.Exchange.Discard(ticket);
        Assert.False(tensor.IsInvalid);

        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => claim);
        await Until.True(() => tensor.IsInvalid);
        Assert.Equal(0, holder.Exchange.Count);
    }
}
