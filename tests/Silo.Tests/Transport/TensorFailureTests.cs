using System.Net;
using System.Net.Sockets;
using System.Text;
using static TorchSharp.torch;

namespace LisaOrleans.Silo.Tests;

[Collection(nameof(TensorNode))]
public sealed class TensorFailureTests
{
    private const int Handshake = 5 + 32 + 32;
    private const int Elements = 1_000_000;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Claim_with_another_secret_gets_nothing()
    {
        await using var holder = new TensorNode();
        await using var stranger = new TensorNode(o => o with { Secret = "another"u8.ToArray() });
        await using var friend = new TensorNode();
        var ticket = holder.Publish(ones(3));
        var e = await Assert.ThrowsAsync<TensorTransportException>(() => stranger.Claim(ticket));
        Assert.Contains("another cluster secret", e.Message, StringComparison.Ordinal);
        (await friend.Claim(ticket)).Dispose();
    }

    // The claimant above gave up by itself. This one goes on, as an intruder would.
    [Fact]
    public async Task TensorServer_claimant_without_proof_is_cut_off()
    {
        await using var holder = new TensorNode();
        var ticket = holder.Publish(ones(3));
        using var client = new TcpClient();
        await client.ConnectAsync(TensorNode.EndPoint(ticket), Token);
        var stream = client.GetStream();
        var hello = new byte[5 + 32];
        "LISA"u8.CopyTo(hello);
        hello[4] = await WireVersion(holder);
        await stream.WriteAsync(hello, Token);
        await stream.ReadExactlyAsync(new byte[Handshake], Token);

        await stream.WriteAsync(new byte[32], Token);

        Assert.True(await IsClosed(stream));
        Assert.Equal(1, holder.Exchange.Count);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: silo.example.org\r\nUser-Agent: x\r\n\r\n")]
    [InlineData("LISA\u007f0123456789012345678901234567890123456789")]
    public async Task TensorServer_stranger_is_cut_off_and_others_are_served(string greeting)
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var ticket = holder.Publish(ones(3));
        using var client = new TcpClient();
        await client.ConnectAsync(TensorNode.EndPoint(ticket), Token);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(greeting), Token);
        Assert.True(await IsClosed(client.GetStream()));
        (await claimant.Claim(ticket)).Dispose();
    }

    // Two of each of a hundred and thirty replicas, say, that follow the owner of a part.
    [Fact]
    public async Task TensorServer_takes_as_many_connections_as_there_are_silos_with_the_secret()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var ticket = holder.Publish(ones(3));
        var idle = new List<TensorSocket>();
        try
        {
            for (var i = 0; i < 260; i++)
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                idle.Add(new TensorSocket(socket, TimeSpan.FromMinutes(1)));
                await socket.ConnectAsync(TensorNode.EndPoint(ticket), Token);
                await TensorHandshake.ConnectAsync(idle[^1], TensorNode.Secret, Token);
            }

            (await claimant.Claim(ticket)).Dispose();
        }
        finally
        {
            idle.ForEach(s => s.Dispose());
        }
    }

    [Fact]
    public async Task Claim_garbage_from_the_holder_is_refused()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var claimant = new TensorNode();
        var claim = claimant.Claim(Ticket((IPEndPoint)listener.LocalEndpoint, "Float32", 3));
        using var server = await listener.AcceptTcpClientAsync(Token);
        await server.GetStream().WriteAsync(Encoding.Latin1.GetBytes("HTTP/1.1 400 Bad Request\r\n" + new string('x', 100)), Token);
        var e = await Assert.ThrowsAsync<TensorTransportException>(() => claim);
        Assert.Contains("does not speak", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Float32", new long[] { -1 })]
    [InlineData("Float32", new long[] { 0 })]
    [InlineData("Float32", new long[] { 8, 0 })]
    [InlineData("Float32", new long[] { long.MaxValue })]
    [InlineData("Float32", new long[] { long.MinValue, long.MinValue })]
    [InlineData("Float32", new long[] { 1L << 32, 1L << 32 })]
    [InlineData("Float16", new long[] { -2, -2 })]
    [InlineData("Float32", new long[] { (1 << 18) + 1 })]
    [InlineData("BFloat16", new long[] { 1 << 10, (1 << 9) + 1 })]
    [InlineData("Float32", new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    [InlineData("Int32", new long[] { 1 })]
    [InlineData("Int64", new long[] { (1 << 17) + 1 })]
    [InlineData("", new long[] { 1 })]
    public async Task Claim_hostile_shape_is_refused_before_anything_is_allocated(string dtype, long[] shape)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var claimant = new TensorNode(o => o with { MaxTensorBytes = 1 << 20 });
        var before = TensorNode.LiveTensors();
        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(Ticket((IPEndPoint)listener.LocalEndpoint, dtype, shape)));
        Assert.True(Tensor.TotalCount <= before);
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task Claim_tensor_of_exactly_the_limit_is_accepted()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode(o => o with { MaxTensorBytes = 1 << 20 });
        using var tensor = await claimant.Claim(holder.Publish(ones(1 << 9, 1 << 9)));
        Assert.Equal(1 << 18, tensor.numel());
    }

    [Theory]
    [InlineData(Handshake + 1)]
    [InlineData(Handshake + 1 + 2_345_678)]
    [InlineData(Handshake + 1 + (4 * Elements) + 7)]
    public async Task Claim_changed_byte_is_noticed_and_can_be_repeated(long flipped)
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var tensor = randn(Elements);
        var sent = TensorNode.Bytes(tensor);
        var ticket = holder.Publish(tensor);
        await using var proxy = new TcpProxy(TensorNode.EndPoint(ticket)) { FlipAt = flipped };

        var e = await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(TensorNode.Through(proxy.EndPoint, ticket)));

        Assert.Contains("damaged", e.Message, StringComparison.Ordinal);
        await Until.True(() => holder.Exchange.Count == 1);
        using var received = await claimant.Claim(ticket);
        Assert.True(sent.AsSpan().SequenceEqual(TensorNode.Bytes(received)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Handshake)]
    [InlineData(Handshake + 1 + 1_000_000)]
    public async Task Claim_stalled_connection_fails_and_frees_its_memory(long silentFrom)
    {
        var stall = TimeSpan.FromMilliseconds(200);
        await using var holder = new TensorNode(o => o with { StallTimeout = stall });
        await using var claimant = new TensorNode(o => o with { StallTimeout = stall });
        var ticket = holder.Publish(ones(Elements));
        await using var proxy = new TcpProxy(TensorNode.EndPoint(ticket)) { SilentFrom = silentFrom };
        var before = TensorNode.LiveTensors();

        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(TensorNode.Through(proxy.EndPoint, ticket)));

        // The holder notices by itself, with its own time-out, and has its tensor back.
        await Until.True(() => Tensor.TotalCount <= before && holder.Exchange.Count == 1);
        (await claimant.Claim(ticket)).Dispose();
        await Until.True(() => Tensor.TotalCount <= before - 1);
    }

    [Fact]
    public async Task Claim_cancelled_frees_what_came_and_leaves_the_tensor()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var ticket = holder.Publish(ones(Elements));
        await using (var proxy = new TcpProxy(TensorNode.EndPoint(ticket)) { SilentFrom = 1_000_000 })
        {
            var before = TensorNode.LiveTensors();
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var claim = claimant.Claim(TensorNode.Through(proxy.EndPoint, ticket), cancel.Token);
            await proxy.Silent;
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => claim);
            await Until.True(() => Tensor.TotalCount <= before && holder.Exchange.Count == 1);
        }

        (await claimant.Claim(ticket)).Dispose();
    }

    [Fact]
    public async Task Claim_beyond_the_connection_limit_waits_and_can_be_cancelled()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode(o => o with { ConnectionsPerSilo = 1 });
        var (first, second) = (holder.Publish(ones(Elements)), holder.Publish(ones(1)));
        await using var proxy = new TcpProxy(TensorNode.EndPoint(first)) { SilentFrom = 1_000_000 };
        using var cancelFirst = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var stuck = claimant.Claim(TensorNode.Through(proxy.EndPoint, first), cancelFirst.Token);
        await proxy.Silent;

        using var cancelSecond = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var waiting = claimant.Claim(TensorNode.Through(proxy.EndPoint, second), cancelSecond.Token);
        await cancelSecond.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.False(stuck.IsCompleted);
        await cancelFirst.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stuck);
    }

    [Fact]
    public async Task Claim_from_a_dead_process_throws()
    {
        await using var claimant = new TensorNode();
        TensorTicket ticket;
        await using (var holder = new TensorNode())
        {
            (await claimant.Claim(holder.Publish(ones(1)))).Dispose();
            ticket = holder.Publish(ones(1));
        }

        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(ticket));
    }

    [Fact]
    public async Task Claim_holder_lost_during_a_transfer_throws_and_frees_memory()
    {
        await using var holder = new TensorNode();
        await using var claimant = new TensorNode();
        var ticket = holder.Publish(ones(Elements));
        await using var proxy = new TcpProxy(TensorNode.EndPoint(ticket)) { CloseAt = 1_000_000 };
        var before = TensorNode.LiveTensors();
        await Assert.ThrowsAsync<TensorTransportException>(() => claimant.Claim(TensorNode.Through(proxy.EndPoint, ticket)));
        await Until.True(() => Tensor.TotalCount <= before && holder.Exchange.Count == 1);
    }

    private static TensorTicket Ticket(IPEndPoint holder, string dtype, params long[] shape) => new($"{holder}/{Guid.NewGuid():N}", 1, dtype, shape);

    // What a silo of this build greets with.
    private static async Task<byte> WireVersion(TensorNode node)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var claim = node.Claim(Ticket((IPEndPoint)listener.LocalEndpoint, "Float32", 1));
        var hello = new byte[5];
        using (var server = await listener.AcceptTcpClientAsync(Token)) await server.GetStream().ReadExactlyAsync(hello, Token);

        // Otherwise the claim's next try would wait in the backlog for an answer.
        listener.Stop();
        await Assert.ThrowsAsync<TensorTransportException>(() => claim);
        return hello[4];
    }

    private static async Task<bool> IsClosed(NetworkStream stream)
    {
        try
        {
            return await stream.ReadAsync(new byte[1], Token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
