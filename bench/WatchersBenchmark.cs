using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Client;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// Steps per second of four runs on two silos, without watchers and with fifty clients that watch, in turns within the same
/// runs; and what the silos' memory does meanwhile. The clients are in this process, so they take their time from the same cores.
/// </summary>
internal static class WatchersBenchmark
{
    private const int Runs = 4;
    private const int Clients = 50;
    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(10);

    public static async Task Run(int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-watchers-").FullName;
        await using var cluster = await TestCluster.StartAsync(folder, new ClusterSettings(Silos: 2, Azurite: false));
        var names = Enumerable.Range(0, Runs).Select(i => $"run-{i}").ToArray();
        foreach (var name in names) await cluster.Client.SubmitAsync(Request(name));
        var clients = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => LisaClient.ConnectAsync(cluster.ClientOptions)));
        Console.WriteLine($"{Runs} runs of a model of 0.6 M parameters on 2 silos, {Clients} clients; windows of {s_window.TotalSeconds:0} s");
        await Measure(cluster, names);

        List<double> ratios = [];
        for (var round = 1; round <= rounds; round++)
        {
            // Which comes first alternates, so that a machine that slows down favours neither.
            var alone = round % 2 == 1 ? await Measure(cluster, names) : 0;
            var memory = Memory(cluster);
            var (watched, events) = await Watched(cluster, names, clients);
            var after = Memory(cluster);
            if (round % 2 == 0) alone = await Measure(cluster, names);
            ratios.Add(watched / alone);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"round {round}: {alone:0.00} steps/s alone, {watched:0.00} with watchers, ratio {watched / alone:0.000}; "
                + $"{events} events seen, none missing; silos {memory / 1e6:0} MB before, {after / 1e6:0} MB after"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ratio (median of {rounds}): {ratios.Median():0.000}"));
        foreach (var client in clients) await client.DisposeAsync();
        await Task.WhenAll(names.Select(n => cluster.Client.CancelAsync(n)));
    }

    private static async Task<(double StepsPerSecond, long Events)> Watched(TestCluster cluster, string[] names, LisaClient[] clients)
    {
        using var end = new CancellationTokenSource();
        var starts = await Task.WhenAll(names.Select(n => cluster.Client.GetAsync(n)));
        var watches = clients.Select((client, i) => Watch(client, names[i % Runs], starts[i % Runs].Position, end.Token)).ToArray();
        var rate = await Measure(cluster, names);
        await end.CancelAsync();
        return (rate, (await Task.WhenAll(watches)).Sum());
    }

    private static async Task<long> Watch(LisaClient client, string run, EventPosition from, CancellationToken cancellationToken)
    {
        var (position, events) = (from, 0L);
        try
        {
            await foreach (var happened in client.WatchAsync(run, new WatchOptions { After = from }, cancellationToken))
            {
                if (happened.Position.Step + happened.Position.Entry != position.Step + position.Entry + 1)
                    throw new InvalidOperationException($"{run}: {happened.Position} after {position}");
                (position, events) = (happened.Position, events + 1);
            }
        }
        catch (OperationCanceledException)
        {
            // The window is over.
        }

        return events;
    }

    private static async Task<double> Measure(TestCluster cluster, string[] names)
    {
        var (before, watch) = (await Steps(), Stopwatch.StartNew());
        await Task.Delay(s_window);
        return (await Steps() - before) / watch.Elapsed.TotalSeconds;

        async Task<long> Steps() => (await Task.WhenAll(names.Select(n => cluster.Client.GetAsync(n)))).Sum(s => s.Step);
    }

    private static long Memory(TestCluster cluster) => cluster.Silos.Sum(s => s.MemoryBytes);

    private static RunRequest Request(string name) => new()
    {
        ModelFolder = Path.Combine(Executables.Repository, "samples", "tiny-stories"),
        DataFile = Path.Combine(Executables.Repository, "samples", "animals.jsonl"),
        Spec = new TrainingSpec
        {
            RunName = name,
            MaxSteps = 1_000_000,
            LearningRate = 1e-4,
            LrSchedulerType = "constant",
            GradientAccumulationSteps = 2,
            SaveSteps = 50,
            BlockSize = 0,
            Dtype = "auto",
            Threads = 1,
        },
    };
}
