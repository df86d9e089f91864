using System.Net;
using LisaOrleans.Grains;
using Microsoft.Extensions.Time.Testing;
using static TorchSharp.torch;

namespace LisaOrleans.Silo.Tests;

[Collection(nameof(TensorNode))]
public sealed class TensorExchangeTests
{
    public static TheoryData<string, long[]> Tensors => new()
    {
        { "Float32", [1] },
        { "Float32", [3, 5, 7] },
        { "Float32", [5_000_000] },
        { "BFloat16", [1] },
        { "BFloat16", [131_073] },
        { "BFloat16", [2, 5_000_000] },
        { "Float16", [1] },
        { "Float16", [1, 1, 333, 77] },
        { "Float16", [10, 1_000_000] },
        { "Float32", [] },
    };

    [Theory]
    [MemberData(nameof(Tensors))]
    public async Task Claim_tensor_has_the_bytes_it_was_sent_with(string dtype, long[] shape)
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var tensor = randn(shape).to(Enum.Parse<ScalarType>(dtype));
        var sent = TensorNode.Bytes(tensor);

        using var received = await claimant.Claim(holder.Publish(tensor));

        Assert.Equal((dtype, string.Join(',', shape)), (received.dtype.ToString(), string.Join(',', received.shape)));
        Assert.True(sent.AsSpan().SequenceEqual(TensorNode.Bytes(received)));
        await Until.True(() => holder.Exchange.Count == 0);
    }

    [Fact]
    public async Task Claim_from_a_port_that_was_held_since_it_was_chosen()
    {
        using var ports = new PortReservation();
        using var other = new PortReservation();
        var port = ports.AddFree([IPAddress.Loopback]);
        await using var holder = new TensorNode(o => o with { Port = port, Ports = ports });
        await using var claimant = new TensorNode();
        Assert.False(other.TryAdd(IPAddress.Loopback, port));
        var ticket = holder.Publish(ones(3));
        Assert.Equal(port, TensorNode.EndPoint(ticket).Port);
        using var received = await claimant.Claim(ticket);
        Assert.Equal(3, received.numel());
    }

    [Fact]
    public async Task Claim_nan_infinity_and_negative_zero_keep_their_bits()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var tensor = TorchSharp.torch.tensor(
            (float[])[float.NaN, -0f, float.PositiveInfinity, float.Epsilon, BitConverter.Int32BitsToSingle(0x7fc12345)]);
        var sent = TensorNode.Bytes(tensor);
        using var received = await claimant.Claim(holder.Publish(tensor));
        Assert.Equal(sent, TensorNode.Bytes(received));

    }

    [Fact]
    public async Task Claim_view_has_its_values()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        using var whole = randn(40, 30);
        Tensor[] views = [whole.t(), whole.slice(0, 3, 9, 2), whole[7], whole.slice(1, 4, 20, 1)];
        foreach (var view in views)
        {
            var sent = TensorNode.Bytes(view);
            var shape = view.shape;
            using var received = await claimant.Claim(holder.Publish(view));
            Assert.Equal(shape, received.shape);
            Assert.Equal(sent, TensorNode.Bytes(received));
        }
    }

    [Fact]
    public async Task Claim_in_one_silo_returns_the_tensor_itself()
    {
        await using var node = new TensorNode();
        using var tensor = ones(3);
        Assert.Same(tensor, await node.Claim(node.Publish(tensor)));
    }

    [Fact]
    public async Task ClaimAll_tensors_come_in_the_order_of_their_tickets()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        TensorTicket[] tickets = [.. Enumerable.Range(1, 7).Select(i => holder.Publish(ones(1_000_000 / i)))];
        var claimed = await claimant.Exchange.ClaimAll(tickets, TestContext.Current.CancellationToken);
        Assert.Equal(tickets.Select(t => t.Shape[0]), claimed.Select(t => t.shape[0]));
        foreach (var tensor in claimed) tensor.Dispose();
        Assert.Empty(await claimant.Exchange.ClaimAll([], TestContext.Current.CancellationToken));
        await Until.True(() => holder.Exchange.Count == 0);
    }

    [Fact]
    public async Task ClaimAll_frees_what_came_where_one_is_gone()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        TensorTicket[] tickets = [.. Enumerable.Range(0, 4).Select(_ => holder.Publish(ones(1000)))];
        holder.Exchange.Discard(tickets[2]);
        var before = TensorNode.LiveTensors();
        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Exchange.ClaimAll(tickets, TestContext.Current.CancellationToken));

        // The one after it was on its way already, and its holder frees it only after the claimant has it.
        await Until.True(() => holder.Exchange.Count == 0 && TensorNode.LiveTensors() <= before - 3);
    }

    [Fact]
    public async Task Claim_twice_is_refused()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var remote = holder.Publish(ones(3));
        (await claimant.Claim(remote)).Dispose();
        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(remote));
        await Assert.ThrowsAsync<TensorTransportException>(() => holder.Claim(remote));

        var local = holder.Publish(ones(3));
        (await holder.Claim(local)).Dispose();
        await Assert.ThrowsAsync<TensorTransportException>(() => holder.Claim(local));
        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(local));
    }

    [Fact]
    public async Task Claim_unknown_ticket_is_refused_and_others_still_work()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var ticket = holder.Publish(ones(3));
        var e = await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(ticket with { Id = ticket.Id + 1 }));
        Assert.Contains("does not hold it", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(ticket with { Holder = "nowhere" }));
        using var received = await claimant.Claim(ticket);
        Assert.Equal(3, received.numel());
    }

    [Fact]
    public async Task Claim_many_at_once_each_gets_its_own_tensor()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode(o => o with { ConnectionsPerSilo = 3 });
        var tickets = Enumerable.Range(0, 100).Select(i => holder.Publish(full([25_000 + i], (float)i))).ToArray();

        // Each ticket is claimed twice at once: exactly one of the two claims gets the tensor.
        var got = await Task.WhenAll(tickets.Concat(tickets).Select(async ticket =>
        {
            try
            {
                using var tensor = await claimant.Claim(ticket);
                return (tensor.numel() - 25_000, (long)tensor.min().item<float>(), (long)tensor.max().item<float>());
            }
            catch (TensorTransportException)
            {
                return (-1L, -1L, -1L);
            }
        }));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => ((long)i, (long)i, (long)i)), got.Where(g => g.Item1 >= 0).Order());
    }

    [Fact]
    public async Task DiscardBefore_earlier_generations_frees_only_theirs()
    {
        await using var node = new TensorNode();
        Tensor[] tensors = [ones(1), ones(1), ones(1)];
        node.Publish(tensors[0], "r", 1);
        var current = node.Publish(tensors[1], "r", 2);
        var other = node.Publish(tensors[2], "s", 1);

        node.Exchange.DiscardBefore("r", 2);

        Assert.Equal([true, false, false], tensors.Select(t => t.IsInvalid));
        node.Exchange.Discard(current);
        Assert.Equal([true, true, false], tensors.Select(t => t.IsInvalid));
        (await node.Claim(other)).Dispose();
        Assert.Equal(0, node.Exchange.Count);
    }

    [Fact]
    public async Task Publish_unclaimed_tensor_is_freed_when_its_ticket_expires()
    {
        var time = new FakeTimeProvider();
        await using var holder = new TensorNode(o => o with { TicketLifetime = TimeSpan.FromMinutes(10) }, time);
        await using var claimant = new TensorNode();
        var (old, young) = (ones(1), ones(1));
        var expired = holder.Publish(old);
        time.Advance(TimeSpan.FromMinutes(9));
        var ticket = holder.Publish(young);
        Assert.False(old.IsInvalid);

        time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal((true, false), (old.IsInvalid, young.IsInvalid));
        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(expired));
        (await claimant.Claim(ticket)).Dispose();
    }

    [Fact]
    public async Task Claim_without_transport_knows_only_its_own_tickets()
    {
        using var worker = new DeviceWorker(CPU);
        await using var alone = new TensorExchange(
            worker, null, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<TensorExchange>.Instance);
        await using var other = new TensorNode();
        using var tensor = ones(1);
        Assert.Same(tensor, await alone.Claim(alone.Publish(tensor, "r", 1), TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<TensorTransportException>(() => alone.Claim(other.Publish(ones(1)), TestContext.Current.CancellationToken).AsTask());
        await Assert.ThrowsAsync<TensorTransportException>(() => other.Claim(alone.Publish(ones(1), "r", 1)));
    }
}
