using static TorchSharp.torch;

namespace LisaOrleans.Silo.Tests;

[Collection(nameof(TensorNode))]
public sealed class TensorRestartTests
{
    // Numbers begin anew with the process: the successor has a tensor of the same number and shape.
    [Fact]
    public async Task Claim_ticket_of_a_dead_process_is_refused_by_its_successor()
    {
        await using var claimant = new TensorNode();
        TensorTicket dead;
        await using (var holder = new TensorNode())
        {
            dead = holder.Publish(zeros(3));
            (await claimant.Claim(holder.Publish(zeros(3)))).Dispose();
        }

        await using var successor = new TensorNode(o => o with { Port = TensorNode.EndPoint(dead).Port });
        var ticket = successor.Publish(ones(3));
        Assert.Equal((dead.Id, TensorNode.EndPoint(dead)), (ticket.Id, TensorNode.EndPoint(ticket)));

        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(dead));
        using var received = await claimant.Claim(ticket);
        Assert.Equal(3, received.sum().item<float>());
    }

    [Fact]
    public async Task DisposeAsync_during_a_transfer_frees_the_tensor()
    {
        await using var claimant = new TensorNode();
        var tensor = ones(1_000_000);
        var holder = new TensorNode();
        var ticket = holder.Publish(tensor);
        await using var proxy = new TcpProxy(TensorNode.EndPoint(ticket)) { SilentFrom = 1_000_000 };
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var claim = claimant.Claim(TensorNode.Through(proxy.EndPoint, ticket), cancel.Token);
        await proxy.Silent;
        Assert.False(tensor.IsInvalid);

        await holder.DisposeAsync();

        Assert.True(tensor.IsInvalid);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => claim);
    }
}
