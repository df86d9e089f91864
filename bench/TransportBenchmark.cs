using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using LisaOrleans.Silo;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace LisaOrleans.Bench;

/// <summary>Tensors from one process to another, as a ratio to a raw socket moving the same bytes between the same two processes.</summary>
internal static class TransportBenchmark
{
    private const string Run = "bench";
    private static readonly byte[] s_secret = "the benchmark's secret"u8.ToArray();

    public static async Task RunAsync()
    {
        using var child = Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, ["serve-tensors"]) { RedirectStandardOutput = true, RedirectStandardInput = true })!;
        try
        {
            var raw = IPEndPoint.Parse((await child.StandardOutput.ReadLineAsync())!);
            using var worker = new DeviceWorker(CPU);
            await using var exchange = Exchange(worker);
            foreach (var megabytes in new[] { 1, 4, 16, 64 })
            {
                List<double> ratios = [];
                var (best, bestRaw) = (0.0, 0.0);
                for (var round = 0; round < 9; round++)
                {
                    var count = Count(megabytes);
                    var tensors = await Tensors(child, exchange, megabytes, count);
                    var socket = await Raw(raw, megabytes, count);
                    ratios.Add(tensors / socket);
                    (best, bestRaw) = (Math.Max(best, tensors), Math.Max(bestRaw, socket));
                }

                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{megabytes,3} MB: tensors {best:0.00} GB/s, raw socket {bestRaw:0.00} GB/s, "
                    + $"ratio (median of {ratios.Count}) {ratios.Median():0.00}"));
            }
        }
        finally
        {
            child.Kill();
        }
    }

    /// <summary>The sending process: publishes tensors as asked on its input, and serves raw bytes on a socket.</summary>
    public static async Task Serve()
    {
        using var worker = new DeviceWorker(CPU);
        await using var exchange = Exchange(worker);
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Console.WriteLine(listener.LocalEndpoint);
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var socket = await listener.AcceptSocketAsync();
                socket.NoDelay = true;
                _ = Task.Run(() => ServeRaw(socket));
            }
        });

        while (await Console.In.ReadLineAsync() is { } line)
        {
            var megabytes = int.Parse(line, CultureInfo.InvariantCulture);
            var ticket = exchange.Publish(ones(megabytes << 18), Run, 1);
            Console.WriteLine($"{ticket.Holder} {ticket.Id}");
        }
    }

    private static async Task<double> Tensors(Process child, TensorExchange exchange, int megabytes, int count)
    {
        var tickets = new List<TensorTicket>();
        for (var i = 0; i < count; i++)
        {
            await child.StandardInput.WriteLineAsync(megabytes.ToString(CultureInfo.InvariantCulture));
            await child.StandardInput.FlushAsync();
            var answer = (await child.StandardOutput.ReadLineAsync())!.Split(' ');
            tickets.Add(new TensorTicket(answer[0], long.Parse(answer[1], CultureInfo.InvariantCulture), "Float32", [megabytes << 18]));
        }

        var watch = Stopwatch.StartNew();
        foreach (var ticket in tickets) (await exchange.Claim(ticket, CancellationToken.None)).Dispose();
        return (double)megabytes * count * (1 << 20) / watch.Elapsed.TotalSeconds / 1e9;
    }

    // The same conversation without tensors: eight bytes ask, the bytes come, one byte confirms. Both buffers are reused.
    private static async Task<double> Raw(IPEndPoint server, int megabytes, int count)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        var buffer = GC.AllocateUninitializedArray<byte>(megabytes << 20, pinned: true);
        await Ask();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++) await Ask();
        return (double)megabytes * count * (1 << 20) / watch.Elapsed.TotalSeconds / 1e9;

        async Task Ask()
        {
            await socket.SendAsync(BitConverter.GetBytes((long)megabytes));
            for (var at = 0; at < buffer.Length;) at += await socket.ReceiveAsync(buffer.AsMemory(at));
            await socket.SendAsync(new byte[1]);
        }
    }

    // The number of tensors, and of the raw socket's buffers: a single buffer, sent again and again, would come from the cache.
    private static int Count(int megabytes) => Math.Max(4, 512 / megabytes);

    private static byte[] Filled(int bytes)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        buffer.AsSpan().Fill(1);
        return buffer;
    }

    private static TensorExchange Exchange(DeviceWorker worker) =>
        new(worker, new TensorTransportOptions { Secret = s_secret }, TimeProvider.System, NullLogger<TensorExchange>.Instance);

    private static async Task ServeRaw(Socket socket)
    {
        using var owned = socket;
        var request = new byte[sizeof(long)];
        byte[][] buffers = [];
        for (var turn = 0; await socket.ReceiveAsync(request) > 0; turn++)
        {
            var bytes = (int)BitConverter.ToInt64(request) << 20;
            if (buffers.Length == 0) buffers = [.. Enumerable.Range(0, Count(bytes >> 20)).Select(_ => Filled(bytes))];
            var buffer = buffers[turn % buffers.Length];
            for (var at = 0; at < bytes;) at += await socket.SendAsync(buffer.AsMemory(at));
            await socket.ReceiveAsync(request.AsMemory(0, 1));
        }
    }
}
