using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Cluster;
using LisaOrleans.Data;
using LisaOrleans.Training;

namespace LisaOrleans.Bench;

/// <summary>
/// The long reliability run: one process, then clusters of 1, 2 and 3 silos (with the large model, of 3 only), then 3 silos under
/// a schedule with at least the given number of kills. All must end with the same tensors, log and ledger.
/// </summary>
internal static class ChaosBenchmark
{
    public static async Task<int> Run(int steps, int kills, ulong seed, bool azurite, bool large)
    {
        var runs = large ? await ClusterRuns.PrepareLargeAsync(steps, saveSteps: 1, seed) : ClusterRuns.Prepare(steps, saveSteps: 5, seed);
        await runs.TrainUndisturbedAsync();
        var differences = 0;
        foreach (var silos in large ? [3] : new[] { 1, 2, 3 }) differences += await Cluster($"{silos}-silos", silos, []);
        differences += await Cluster("chaos", 3, Schedule(kills, seed, azurite));
        Console.WriteLine(
            differences == 0 ? "all runs agree: every tensor's SHA-256, every digit of the log, every sample" : $"{differences} DIFFERENCES");
        return differences == 0 ? 0 : 1;

        async Task<int> Cluster(string name, int silos, IReadOnlyList<ChaosAction> schedule)
        {
            var found = await PlayAsync(name, silos, schedule);
            runs.DeleteStoreOf(name);
            return found;
        }

        async Task<int> PlayAsync(string name, int silos, IReadOnlyList<ChaosAction> schedule)
        {
            await using var cluster = await runs.StartAsync(name, new ClusterSettings(silos, azurite));
            var driver = new ChaosDriver(cluster, name, seed, Console.WriteLine);
            await driver.PlayAsync(schedule);
            var found = await runs.CompareAsync(cluster, name, await driver.EndAsync());
            if (schedule.Count > 0) Show(driver.Report);
            return found;
        }
    }

    /// <summary>Replays a recorded trace of spot machines, with its time compressed, on six silos.</summary>
    public static async Task<int> Trace(string file, int events, double compression, bool azurite)
    {
        var trace = SpotTrace.Read(file).Take(events).ToArray();
        var runs = ClusterRuns.Prepare(steps: 300, saveSteps: 5, seed: 1);
        await runs.TrainUndisturbedAsync();
        await using var cluster = await runs.StartAsync("trace", new ClusterSettings(6, azurite));
        var replay = new TraceReplay(cluster, "trace", 1, Console.WriteLine);
        await replay.PlayAsync(trace, compression);
        var differences = await runs.CompareAsync(cluster, "trace", await new ChaosDriver(cluster, "trace", 1, Console.WriteLine).EndAsync());
        Console.WriteLine(
            $"{Path.GetFileName(file)}: {trace.Length} events, {replay.Kills} kills, {replay.Notices} notices, {replay.Joins} joins; "
            + $"{differences} differences");
        return differences == 0 ? 0 : 1;
    }

    /// <summary>
    /// Freezes the silo with the run's grain past its declared death, wakes it, and checks that it commits nothing.
    /// </summary>
    public static async Task<int> Fencing(int tries, bool azurite)
    {
        var runs = ClusterRuns.Prepare(steps: 1_000_000, saveSteps: 1, seed: 1);
        await using var cluster = await runs.StartAsync("fencing", new ClusterSettings(3, azurite));
        var store = await BlobStores.OpenAsync(cluster.Store, CancellationToken.None);
        var trials = new FencingTrials(cluster, "fencing", store, seed: 1, Console.WriteLine);
        await trials.RunAsync(tries);
        Console.WriteLine($"{tries} tries: {trials.Refused} refused by the store, {trials.Stopped} ended before they came to it, 0 committed");
        return 0;
    }

    /// <summary>Prints what a run under chaos went through.</summary>
    public static void Show(ChaosReport report)
    {
        var actions = string.Join(", ", report.Actions.OrderBy(a => a.Key).Select(a => $"{a.Key} {a.Value}"));
        Console.WriteLine($"actions: {actions}; {report.Kills} processes killed");
        Times("SIGKILL to the next committed step", report.KillSeconds);
        Times("SIGKILL to the next but one", report.KillSecondsOfTwo);
        Times("SIGSTOP to the next committed step", report.FreezeSeconds);
        Lost("kill", report.LostByKill);
        Lost("notice", report.LostByNotice);

        static void Times(string what, List<double> seconds) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what}: p50 {ChaosReport.Percentile(seconds, 0.5):0.0} s, "
            + $"p99 {ChaosReport.Percentile(seconds, 0.99):0.0} s, n {seconds.Count}"));

        static void Lost(string what, List<double> steps) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"steps done again after a {what}: {steps.DefaultIfEmpty().Average():0.0} on average, "
            + $"{steps.DefaultIfEmpty().Max():0} at most, n {steps.Count}"));
    }

    // Kills first and foremost; between them everything else that a cluster may meet.
    private static List<ChaosAction> Schedule(int kills, ulong seed, bool azurite)
    {
        List<ChaosAction> others =
        [
            ChaosAction.Freeze, ChaosAction.Leave, ChaosAction.Preempt, ChaosAction.KillInRecovery, ChaosAction.Stutter,
            ChaosAction.RestartRedis, ChaosAction.Join,
        ];
        if (azurite) others.AddRange([ChaosAction.RestartAzurite, ChaosAction.BlobFaults]);
        var actions = Enumerable.Repeat(ChaosAction.Kill, kills - (kills / 4)).Concat(Enumerable.Repeat(ChaosAction.KillOwner, kills / 4))
            .Concat(others).Append(ChaosAction.LoseAll).ToArray();
        var random = new CounterRandom(seed, 2);
        for (var i = actions.Length - 1; i > 0; i--)
        {
            var j = random.NextInt(i + 1);
            (actions[i], actions[j]) = (actions[j], actions[i]);
        }

        return [.. actions];
    }
}
