using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// Starts silos and trainings on ports in use, every option on every kind of port: each is refused before it joins, with one line
/// that names option and port, and the cluster whose run trains meanwhile notices nothing.
/// </summary>
internal static class PortClashesBenchmark
{
    private const string Run = "undisturbed";
    private const int WrongUsage = 2;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public static async Task<int> RunAsync(int tries)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-ports-").FullName;
        await using var cluster = await TestCluster.StartAsync(
            folder, new ClusterSettings(Silos: 2, Azurite: false, Options: ["--probe-timeout-seconds", "10"]));
        await TestCluster.SucceedsAsync(
            folder,
            ["submit", .. Redis(cluster, TestCluster.Id), "--store", cluster.Store, "--run-name", Run, .. TrainingArguments.Sample(1_000_000)]);
        var before = await TrainsAsync(cluster, s => s.Step > 2);
        Console.WriteLine($"run '{Run}' trains on {before.Stages.Count} silos; everything in {folder}");
        var failures = 0;
        var cases = Cases(cluster).ToArray();
        for (var i = 0; i < tries; i++)
        {
            using var clash = cases[i % cases.Length]();
            var fault = await RefusedAsync(cluster, clash) ?? await DisturbedAsync(cluster, before);
            Console.WriteLine($"{clash.Option,-15} {clash.What,-50} {fault ?? "refused"}");
            if (fault is not null) failures++;
        }

        failures += await TwinsAsync(cluster, folder);
        failures += await DisturbedAsync(cluster, before) is { } last ? Say(last) : 0;
        await cluster.Client.CancelAsync(Run);
        Console.WriteLine($"{tries} clashes and a pair of twins: {failures} not as they should be");
        return failures == 0 ? 0 : 1;
    }

    private static int Say(string fault)
    {
        Console.WriteLine(fault);
        return 1;
    }

    // Who has the port: a silo that trains, or a program that knows nothing of us.
    private static IEnumerable<Func<Clash>> Cases(TestCluster cluster)
    {
        var silo = cluster.Silos[0];
        string[] options = ["--silo-port", "--gateway-port", "--tensor-port", "--http-port"];
        foreach (var option in options)
        {
            yield return () => new Clash(option, silo.SiloPort, "the silo port of a silo that trains");
            yield return () => new Clash(option, silo.GatewayPort, "its gateway port");
            yield return () => new Clash(option, silo.Http.Port, "its HTTP port");
            yield return () => new Clash(option, TensorPort(silo), "its tensor port");
            yield return () => Listener(option, IPAddress.Loopback, "a program at 127.0.0.1");
            yield return () => Listener(option, IPAddress.Any, "a program at 0.0.0.0");
            yield return () => Listener(option, IPAddress.IPv6Any, "a program at ::, both kinds of addresses");
            yield return () => Listener(option, IPAddress.IPv6Loopback, "a program at ::1, and the silo too") with { Host = "::1" };
            yield return () => Listener(option, IPAddress.Loopback, "a program that shares its port", shares: true);
        }

        yield return () => new Clash("--http-port", silo.Http.Port, "lisa train on a silo's HTTP port") { Trains = true };
        yield return () => Listener("--http-port", IPAddress.Any, "lisa train on a program's port at 0.0.0.0") with { Trains = true };
    }

    private static int TensorPort(SiloProcess silo) =>
        Connections.ListenedAt(silo.ProcessId!.Value).First(p => p != silo.SiloPort && p != silo.GatewayPort && p != silo.Http.Port);

    private static Clash Listener(string option, IPAddress address, string what, bool shares = false)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (address.Equals(IPAddress.IPv6Any)) socket.DualMode = true;
        if (shares) socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        socket.Bind(new IPEndPoint(address, Ports.Free()));
        socket.Listen();
        return new Clash(option, ((IPEndPoint)socket.LocalEndPoint!).Port, what) { Holds = socket };
    }

    private static async Task<string?> RefusedAsync(TestCluster cluster, Clash clash)
    {
        var output = Path.Combine(cluster.Folder, "refused");
        string[] command = clash.Trains
            ? ["train", .. TrainingArguments.Sample(steps: 5), "--output", output]
            : ["silo", .. Redis(cluster, TestCluster.Id), "--store", cluster.Store, "--host", clash.Host];
        var (code, said) = await TestCluster.LisaAsync(cluster.Folder, [.. command, clash.Option, $"{clash.Port}"]);
        var lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (code != WrongUsage) return $"ENDED WITH {code}: {said}";
        if (lines.Length != 1 || !lines[0].StartsWith($"lisa: {clash.Option}: port {clash.Port} is in use", StringComparison.Ordinal))
            return $"SAID {said}";
        return Directory.Exists(output) ? "LEFT AN OUTPUT FOLDER" : null;
    }

    private static async Task<string?> DisturbedAsync(TestCluster cluster, RunStatus before)
    {
        var now = await cluster.Client.GetAsync(Run);
        var silos = await cluster.Client.GetSilosAsync();
        if (now.Generation != before.Generation || now.Recoveries != before.Recoveries || silos.Count != cluster.Silos.Count)
            return $"THE RUN WENT FROM {before} TO {now}, {silos.Count} SILOS";
        if (cluster.Silos.Find(s => !s.Running) is { } dead) return $"SILO {dead.Number} ENDED";
        await TrainsAsync(cluster, s => s.Step > now.Step);
        return null;
    }

    // Two silos of another cluster start on the same ports at the same moment: one of them gets the ports.
    private static async Task<int> TwinsAsync(TestCluster cluster, string folder)
    {
        string[] ports = ["--silo-port", $"{Ports.Free()}", "--gateway-port", $"{Ports.Free()}", "--http-port", $"{Ports.Free()}"];
        string[] command = ["silo", .. Redis(cluster, "twins"), "--store", Path.Combine(folder, "twins"), .. ports];
        await using var first = ServerProcess.Start(Executables.Lisa, command, Path.Combine(folder, "twin-1.log"));
        await using var second = ServerProcess.Start(Executables.Lisa, command, Path.Combine(folder, "twin-2.log"));
        var watch = Stopwatch.StartNew();
        while (!first.HasExited && !second.HasExited && watch.Elapsed < s_patience) await Task.Delay(50);
        var (loser, log) = first.HasExited ? (first, "twin-1.log") : (second, "twin-2.log");
        var alive = first.HasExited ? second : first;
        var said = await File.ReadAllTextAsync(Path.Combine(folder, log));
        var good = loser.HasExited && !alive.HasExited && loser.ExitCode == WrongUsage
            && said.Split('\n', StringSplitOptions.RemoveEmptyEntries) is [var line] && line.Contains("is in use", StringComparison.Ordinal);
        Console.WriteLine($"two silos started on the same ports at one moment: {(good ? "one refused, one runs" : $"NOT ONE OF THEM: {said}")}");
        return good ? 0 : 1;
    }

    private static async Task<RunStatus> TrainsAsync(TestCluster cluster, Func<RunStatus, bool> until)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (await cluster.Client.GetAsync(Run) is { State: RunState.Running } status && until(status)) return status;
            if (watch.Elapsed > s_patience) throw new TimeoutException($"{Run} does not train");
            await Task.Delay(50);
        }
    }

    private static string[] Redis(TestCluster cluster, string id) => ["--cluster-id", id, "--redis", $"127.0.0.1:{cluster.Redis.Port}"];

    /// <summary>A port in use, and the option that asks for it.</summary>
    private sealed record Clash(string Option, int Port, string What) : IDisposable
    {
        public Socket? Holds { get; init; }

        public string Host { get; init; } = "127.0.0.1";

        public bool Trains { get; init; }

        public void Dispose() => Holds?.Dispose();
    }
}
