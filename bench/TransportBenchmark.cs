using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using LisaOrleans.Silo;
using Microsoft.Extensions.Logging.Abstractions;
using static TorchSharp.torch;

namespace LisaOrleans.Bench;

/// <summary>
/// Tensors from one process to another, as a ratio to a raw socket moving the same bytes between the same two processes; and the same
/// through mutual TLS, beside a raw <see cref="SslStream"/> and beside the plain way.
/// </summary>
internal static class TransportBenchmark
{
    private const string Run = "bench";
    private static readonly byte[] s_secret = "the benchmark's secret"u8.ToArray();
    private static readonly SslApplicationProtocol s_protocol = new("bench");

    public static async Task RunAsync(int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-bench-").FullName;
        try
        {
            using var authority = new TestAuthority(folder, "bench");
            var (here, there) = (authority.Issue("here"), authority.Issue("there"));
            using var child = Process.Start(new ProcessStartInfo(
                Environment.ProcessPath!, ["serve-tensors", there.CertificateFile, there.KeyFile!, there.AuthorityFile])
            {
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            })!;
            try
            {
                await MeasureAsync(child, new TlsCredentials(here), rounds);
            }
            finally
            {
                child.Kill();
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The sending process: publishes tensors as asked on its input, and serves raw bytes on sockets.</summary>
    public static async Task ServeAsync(ClusterTlsOptions options)
    {
        var tls = new TlsCredentials(options);
        using var worker = new DeviceWorker(CPU);
        await using var plain = Exchange(worker, null);
        await using var encrypted = Exchange(worker, tls);
        Console.WriteLine($"{Listen(null)} {Listen(tls)}");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            var asked = line.Split(' ');
            var exchange = asked[0] == "tls" ? encrypted : plain;
            var ticket = exchange.Publish(ones(int.Parse(asked[1], CultureInfo.InvariantCulture) << 18), Run, 1);
            Console.WriteLine($"{ticket.Holder} {ticket.Id}");
        }
    }

    private static async Task MeasureAsync(Process child, TlsCredentials tls, int rounds)
    {
        var addresses = (await child.StandardOutput.ReadLineAsync())!.Split(' ').Select(IPEndPoint.Parse).ToArray();
        using var worker = new DeviceWorker(CPU);
        await using var plain = Exchange(worker, null);
        await using var encrypted = Exchange(worker, tls);
        foreach (var megabytes in new[] { 1, 4, 16, 64 })
        {
            var count = Count(megabytes);
            List<(double Plain, double Socket, double Tls, double Stream)> speeds = [];
            for (var round = 0; round < rounds; round++)
            {
                speeds.Add((
                    await TensorsAsync(child, plain, "plain", megabytes, count), await RawAsync(addresses[0], null, megabytes, count),
                    await TensorsAsync(child, encrypted, "tls", megabytes, count), await RawAsync(addresses[1], tls, megabytes, count)));
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{megabytes,3} MB: tensors {speeds.Max(s => s.Plain):0.00} GB/s, raw socket {speeds.Max(s => s.Socket):0.00} GB/s, "
                + $"ratio (median of {rounds}) {speeds.Select(s => s.Plain / s.Socket).Median():0.00}; with mutual TLS "
                + $"{speeds.Max(s => s.Tls):0.00} GB/s, raw SslStream {speeds.Max(s => s.Stream):0.00} GB/s, ratio "
                + $"{speeds.Select(s => s.Tls / s.Stream).Median():0.00}; TLS / plain {speeds.Select(s => s.Tls / s.Plain).Median():0.00}"));
        }
    }

    private static IPEndPoint Listen(TlsCredentials? tls)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                var socket = await listener.AcceptSocketAsync();
                socket.NoDelay = true;
                _ = Task.Run(() => ServeRawAsync(socket, tls));
            }
        });
        return (IPEndPoint)listener.LocalEndpoint;
    }

    private static async Task<double> TensorsAsync(Process child, TensorExchange exchange, string way, int megabytes, int count)
    {
        var tickets = new List<TensorTicket>();
        for (var i = 0; i < count; i++)
        {
            await child.StandardInput.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{way} {megabytes}"));
            await child.StandardInput.FlushAsync();
            var answer = (await child.StandardOutput.ReadLineAsync())!.Split(' ');
            tickets.Add(new TensorTicket(answer[0], long.Parse(answer[1], CultureInfo.InvariantCulture), "Float32", [megabytes << 18]));
        }

        var watch = Stopwatch.StartNew();
        foreach (var ticket in tickets) (await exchange.Claim(ticket, CancellationToken.None)).Dispose();
        return (double)megabytes * count * (1 << 20) / watch.Elapsed.TotalSeconds / 1e9;
    }

    // The same conversation without tensors: eight bytes ask, the bytes come, one byte confirms. Both buffers are reused.
    private static async Task<double> RawAsync(IPEndPoint server, TlsCredentials? tls, int megabytes, int count)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        await using var stream = await OpenAsync(socket, tls, s => s.AuthenticateAsClientAsync(tls!.CreateClientOptions(server, s_protocol, Refuse)));
        var buffer = GC.AllocateUninitializedArray<byte>(megabytes << 20, pinned: true);
        await Ask();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < count; i++) await Ask();
        return (double)megabytes * count * (1 << 20) / watch.Elapsed.TotalSeconds / 1e9;

        async Task Ask()
        {
            await stream.WriteAsync(BitConverter.GetBytes((long)megabytes));
            await stream.ReadExactlyAsync(buffer);
            await stream.WriteAsync(new byte[1]);
        }
    }

    private static async Task<Stream> OpenAsync(Socket socket, TlsCredentials? tls, Func<SslStream, Task> authenticate)
    {
        var plain = new NetworkStream(socket, ownsSocket: false);
        if (tls is null) return plain;
        var encrypted = new SslStream(plain);
        await authenticate(encrypted);
        return encrypted;
    }

    private static void Refuse(string reason) => throw new InvalidOperationException(reason);

    // The number of tensors, and of the raw socket's buffers: a single buffer, sent again and again, would come from the cache.
    private static int Count(int megabytes) => Math.Max(4, 512 / megabytes);

    private static byte[] Filled(int bytes)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);
        buffer.AsSpan().Fill(1);
        return buffer;
    }

    private static TensorExchange Exchange(DeviceWorker worker, TlsCredentials? tls) => new(
        worker, new TensorTransportOptions { Secret = s_secret, Tls = tls }, TimeProvider.System, NullLogger<TensorExchange>.Instance);

    private static async Task ServeRawAsync(Socket socket, TlsCredentials? tls)
    {
        using var owned = socket;
        await using var stream = await OpenAsync(socket, tls, s => s.AuthenticateAsServerAsync(tls!.CreateServerOptions(s_protocol, Refuse)));
        var request = new byte[sizeof(long)];
        byte[][] buffers = [];
        for (var turn = 0; await stream.ReadAtLeastAsync(request, request.Length, throwOnEndOfStream: false) == request.Length; turn++)
        {
            var bytes = (int)BitConverter.ToInt64(request) << 20;
            if (buffers.Length == 0) buffers = [.. Enumerable.Range(0, Count(bytes >> 20)).Select(_ => Filled(bytes))];
            await stream.WriteAsync(buffers[turn % buffers.Length]);
            await stream.ReadExactlyAsync(request.AsMemory(0, 1));
        }
    }
}
