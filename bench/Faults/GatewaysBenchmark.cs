using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Cluster;
using LisaOrleans.Data;

namespace LisaOrleans.Bench;

/// <summary>
/// Kills the gateways that four kinds of watchers use, one after the other, while a run trains; each silo is replaced at once.
/// No watcher may end before the run, and each hears every event once. How late they hear is printed beside how long the run
/// itself made no step.
/// </summary>
internal static class GatewaysBenchmark
{
    private const int Silos = 3;
    private const double GoalSeconds = 3;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public static async Task<int> Run(int kills, ulong seed)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-gateways-").FullName;
        var samples = Path.Combine(Executables.Repository, "samples");
        await using var cluster = await TestCluster.StartAsync(folder, new ClusterSettings(Silos, Azurite: false, Options: ["--models", samples]));
        var run = await SubmitAsync(cluster, Path.Combine(samples, "animals.jsonl"));
        Console.WriteLine($"{run} on {Silos} silos, {kills} kills; everything in {folder}");
        await using var watchers = await Watchers.StartAsync(cluster, run);
        List<DateTimeOffset> times = [];
        var random = new CounterRandom(seed, 3);
        for (var kill = 0; kill < kills; kill++)
        {
            await ProgressAsync(watchers, steps: 2 + random.NextInt(4));
            var watcher = watchers.All[kill % watchers.All.Count];
            if (watchers.SiloOf(watcher, random.NextInt) is not { } silo)
                throw new InvalidOperationException($"{watcher.Name} is connected to no silo");
            times.Add(DateTimeOffset.UtcNow);
            await silo.KillAsync();
            silo.Start();
            await silo.ReadyAsync(s_patience);
            await ProgressAsync(watchers, steps: 2);
            Console.WriteLine(Line($"kill {kill + 1} of {watcher.Name}'s silo {silo.Number}", watchers, times[^1], DateTimeOffset.UtcNow));
        }

        await cluster.Client.CancelAsync(run);
        await Task.WhenAll(watchers.All.Select(w => w.Watching)).WaitAsync(s_patience);
        return Report(watchers, times);
    }

    private static async Task<string> SubmitAsync(TestCluster cluster, string data)
    {
        using var jobs = new HttpJobs(cluster.Silos[0].Http);
        var hyperparameters = new
        {
            max_steps = 1_000_000,
            save_steps = 5,
            per_device_train_batch_size = 4,
            gradient_accumulation_steps = 4,
            lr_scheduler_type = "constant",
            learning_rate = 1e-4,
            threads = 1,
        };
        var job = await jobs.CreateAsync(
            new
            {
                model = "tiny-stories",
                training_file = await jobs.UploadAsync(data, null, CancellationToken.None),
                method = new { type = "lisa", lisa = new { hyperparameters } },
            },
            CancellationToken.None);
        return (string)job["id"]!;
    }

    // Waits until every watcher has heard of this many more steps than any of them knows now.
    private static async Task ProgressAsync(Watchers watchers, int steps)
    {
        var (goal, watch) = (watchers.All.Max(w => w.Step) + steps, Stopwatch.StartNew());
        while (watchers.All.FirstOrDefault(w => w.Step < goal) is { } late)
        {
            if (watchers.All.FirstOrDefault(w => w.Watching.IsCompleted) is { } over)
            {
                await over.Watching;
                throw new InvalidOperationException($"{over.Name} ended before the run");
            }

            if (watch.Elapsed > s_patience) throw new TimeoutException($"{late.Name} has heard of step {late.Step} only, not of {goal}");
            await Task.Delay(20);
        }
    }

    private static int Report(Watchers watchers, List<DateTimeOffset> times)
    {
        var windows = times.Zip(times.Skip(1).Append(DateTimeOffset.MaxValue)).ToArray();
        Show("the run: longest time without a step", windows.Select(w => Own(watchers, w.First, w.Second)));
        var (faults, late) = (0, 0);
        foreach (var watcher in watchers.All)
        {
            var delays = windows.Select(w => Delay(watchers, watcher, w.First, w.Second)).ToList();
            Show($"{watcher.Name}: longest silence", windows.Select(w => Silence(watcher, w.First, w.Second)));
            Show($"{watcher.Name}: latest step", delays);
            foreach (var fault in watcher.Faults) Console.WriteLine("  " + fault);
            faults += watcher.Faults.Count;
            if (ChaosReport.Percentile(delays, 0.99) > GoalSeconds) late++;
        }

        Console.WriteLine($"{times.Count} kills: {watchers.Committed.Count} steps, {faults} events missing or heard twice, "
            + $"{late} of {watchers.All.Count} watchers later than {GoalSeconds} s at p99");
        return faults + late == 0 ? 0 : 1;
    }

    private static string Line(string what, Watchers watchers, DateTimeOffset from, DateTimeOffset to) => string.Create(
        CultureInfo.InvariantCulture,
        $"{what}: the run {Own(watchers, from, to):0.0} s; {string.Join(", ", watchers.All.Select(w =>
            string.Create(CultureInfo.InvariantCulture, $"{w.Name} {Silence(w, from, to):0.0} s, late by {Delay(watchers, w, from, to):0.0} s")))}");

    private static void Show(string what, IEnumerable<double> seconds)
    {
        var all = seconds.ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what,-42} p50 {ChaosReport.Percentile(all, 0.5):0.00} s, p99 {ChaosReport.Percentile(all, 0.99):0.00} s, "
                + $"max {all.DefaultIfEmpty().Max():0.00} s"));
    }

    private static double Own(Watchers watchers, DateTimeOffset from, DateTimeOffset to) =>
        Longest([from, .. watchers.Committed.Values.Where(t => t >= from && t < to).Order()]);

    private static double Silence(Watcher watcher, DateTimeOffset from, DateTimeOffset to) =>
        Longest([from, .. watcher.Heard(from, to).Select(s => s.At)]);

    // When a step was committed is known once the library has heard of it; another watcher may hear of the step before that.
    private static double Delay(Watchers watchers, Watcher watcher, DateTimeOffset from, DateTimeOffset to) => watcher.Heard(from, to)
        .Select(s => watchers.Committed.TryGetValue(s.Step, out var committed) ? (s.At - committed).TotalSeconds : 0)
        .DefaultIfEmpty().Max();

    private static double Longest(DateTimeOffset[] times) =>
        times.Zip(times.Skip(1), (a, b) => (b - a).TotalSeconds).DefaultIfEmpty().Max();
}
