using System.Globalization;
using LisaOrleans.Cluster;
using LisaOrleans.Data;

namespace LisaOrleans.Bench;

/// <summary>
/// The long reliability run: one process, then clusters of 1, 2 and 3 silos, then 3 silos under a schedule with at least
/// the given number of kills. All must end with the same tensors, log and ledger. Needs the test assets.
/// </summary>
internal static class ChaosBenchmark
{
    public static async Task<int> Run(int steps, int kills, ulong seed, bool azurite)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-chaos-").FullName;
        var assets = Environment.GetEnvironmentVariable("LISA_TEST_ASSETS") ?? Path.Combine(Executables.Repository, "..", "shared", "assets");
        string[] training =
        [
            "--model", Path.Combine(assets, "stories260K"), "--data", Path.Combine(assets, "gsm8k", "train.jsonl"),
            "--prompt-field", "question", "--completion-field", "answer", "--max-steps", $"{steps}", "--lisa-interval-steps", "10",
            "--per-device-train-batch-size", "4", "--gradient-accumulation-steps", "4", "--block-size", "256", "--learning-rate", "1e-3",
            "--save-steps", "5", "--seed", $"{seed}", "--threads", "1",
        ];
        Console.WriteLine($"stories260K on gsm8k, {steps} steps, everything in {folder}");
        await Lisa(folder, ["train", .. training, "--output", Path.Combine(folder, "one-process")]);
        var differences = 0;
        foreach (var silos in new[] { 1, 2, 3 }) differences += await Cluster($"{silos}-silos", silos, []);
        differences += await Cluster("chaos", 3, Schedule(kills, seed, azurite));
        Console.WriteLine(differences == 0 ? "all runs agree: every tensor's SHA-256, every digit of the log, every sample" : $"{differences} DIFFERENCES");
        return differences == 0 ? 0 : 1;

        async Task<int> Cluster(string name, int silos, IReadOnlyList<ChaosAction> schedule)
        {
            var place = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
            await using var cluster = await TestCluster.StartAsync(place, new ClusterSettings(silos, azurite));
            await Lisa(place, [
                "submit", "--cluster-id", TestCluster.Id, "--redis", $"127.0.0.1:{cluster.Redis.Port}", "--store", cluster.Store, "--run-name", name, .. training]);
            var driver = new ChaosDriver(cluster, name, seed, Console.WriteLine);
            await driver.PlayAsync(schedule);
            var end = await driver.EndAsync();
            var output = Path.Combine(place, "model");
            await Lisa(place, ["export", name, "--store", cluster.Store, "--output", output]);
            var found = RunFiles.Differences(Path.Combine(folder, "one-process"), output);
            Console.WriteLine($"{name}: {end.State}, generation {end.Generation}, {end.Recoveries} recoveries; {found.Count} differences from one process");
            foreach (var line in found.Take(5)) Console.WriteLine("  " + line);
            if (schedule.Count > 0) Show(driver.Report);
            return found.Count;
        }
    }

    private static void Show(ChaosReport report)
    {
        Console.WriteLine("actions: " + string.Join(", ", report.Actions.OrderBy(a => a.Key).Select(a => $"{a.Key} {a.Value}")) + $"; {report.Kills} processes killed");
        Times("SIGKILL", report.KillSeconds);
        Times("SIGSTOP", report.FreezeSeconds);

        static void Times(string what, List<double> seconds) => Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{what} to the next but one committed step: p50 {ChaosReport.Percentile(seconds, 0.5):0.0} s, p99 {ChaosReport.Percentile(seconds, 0.99):0.0} s, n {seconds.Count}"));
    }

    // Kills first and foremost; between them everything else that a cluster may meet.
    private static List<ChaosAction> Schedule(int kills, ulong seed, bool azurite)
    {
        List<ChaosAction> others =
            [ChaosAction.Freeze, ChaosAction.Leave, ChaosAction.Preempt, ChaosAction.KillInRecovery, ChaosAction.Stutter, ChaosAction.RestartRedis, ChaosAction.Join];
        if (azurite) others.AddRange([ChaosAction.RestartAzurite, ChaosAction.BlobFaults]);
        var actions = Enumerable.Repeat(ChaosAction.Kill, kills).Concat(others).Append(ChaosAction.LoseAll).ToArray();
        var random = new CounterRandom(seed, 2);
        for (var i = actions.Length - 1; i > 0; i--)
        {
            var j = random.NextInt(i + 1);
            (actions[i], actions[j]) = (actions[j], actions[i]);
        }

        return [.. actions];
    }

    private static async Task Lisa(string folder, string[] arguments)
    {
        var (code, output) = await TestCluster.LisaAsync(folder, arguments);
        if (code != 0) throw new InvalidOperationException($"lisa {arguments[0]} ended with {code}: {output}");
    }
}
