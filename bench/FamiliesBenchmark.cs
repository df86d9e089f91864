using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// Every family through real processes: <c>lisa train</c>; the same killed (SIGKILL) in the middle and resumed; the same on a
/// cluster of two silo processes. All three must give the same file, with the input's tensor names and config.json.
/// </summary>
internal static class FamiliesBenchmark
{
    private const int Steps = 12;
    private const string KilledAfter = "step 5/";
    private const string Dtype = "bfloat16";

    public static async Task<int> Run(IReadOnlyList<string> families)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-families-").FullName;
        Console.WriteLine($"{Steps} steps in {Dtype}, LISA 1 layer for 3 steps; SHA-256 of model.safetensors; everything in {folder}");
        Console.WriteLine($"{"family",-12} {"one process",-12} {"killed",-8} {"two silos",-10} {"export",-8} seconds");
        await using var cluster = await TestCluster.StartAsync(
            Directory.CreateDirectory(Path.Combine(folder, "cluster")).FullName, new ClusterSettings(Silos: 2, Azurite: false));
        var failures = 0;
        foreach (var family in families.Count > 0 ? families : FamilyFolder.Families)
            if (!await Family(cluster, Path.Combine(folder, family), family)) failures++;
        Console.WriteLine(failures == 0 ? "all families agree with themselves" : $"{failures} FAMILIES DO NOT");
        return failures == 0 ? 0 : 1;
    }

    private static async Task<bool> Family(TestCluster cluster, string folder, string family)
    {
        var time = Stopwatch.StartNew();
        var (model, one) = (Path.Combine(folder, "model"), Path.Combine(folder, "one"));
        var (killed, two) = (Path.Combine(folder, "killed"), Path.Combine(folder, "two"));
        await FamilyFolder.WriteAsync(model, family, CancellationToken.None);
        string[] training =
        [
            "--model", model, "--data", Path.Combine(Executables.Repository, "samples", "animals.jsonl"), "--max-steps", $"{Steps}",
            "--dtype", Dtype, "--block-size", "16", "--per-device-train-batch-size", "4", "--gradient-accumulation-steps", "2",
            "--lisa-activated-layers", "1", "--lisa-interval-steps", "3", "--learning-rate", "1e-3", "--save-steps", "2", "--threads", "1",
        ];

        await TestCluster.SucceedsAsync(folder, ["train", .. training, "--output", one]);
        await Kill(Path.Combine(folder, "killed.log"), ["train", .. training, "--output", killed]);
        await TestCluster.SucceedsAsync(folder, ["train", .. training, "--output", killed]);
        var stages = await TrainOnCluster(cluster, folder, family, training, two);

        var sha = FamilyExport.Sha(one);
        var faults = FamilyExport.Faults(model, one, Dtype);
        var (sameKilled, sameTwo) = (RunFiles.Differences(one, killed).Count == 0 && FamilyExport.Sha(killed) == sha, FamilyExport.Sha(two) == sha);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{family,-12} {sha[..12]} {Same(sameKilled),-8} {(stages == 2 ? Same(sameTwo) : $"{stages} STAGES"),-10} "
            + $"{(faults.Count == 0 ? "as it was" : "WRONG"),-8} {time.Elapsed.TotalSeconds:0}"));
        foreach (var fault in faults) Console.WriteLine("  " + fault);
        return sameKilled && sameTwo && stages == 2 && faults.Count == 0;
    }

    private static string Same(bool same) => same ? "same" : "DIFFERS";

    // The run's output goes to a file, which is watched for the step after which the process is killed.
    private static async Task Kill(string log, string[] arguments)
    {
        await using var process = ServerProcess.Start(Executables.Lisa, arguments, log);
        while (!(await File.ReadAllTextAsync(log)).Contains(KilledAfter, StringComparison.Ordinal))
        {
            if (process.HasExited) throw new InvalidOperationException($"lisa train ended before it was killed: {await File.ReadAllTextAsync(log)}");
            await Task.Delay(5);
        }

        await process.KillAsync();
    }

    // Returns how many silos it ran on.
    private static async Task<int> TrainOnCluster(TestCluster cluster, string folder, string family, string[] training, string output)
    {
        await TestCluster.SucceedsAsync(folder, [
            "submit", "--cluster-id", TestCluster.Id, "--redis", $"127.0.0.1:{cluster.Redis.Port}", "--store", cluster.Store,
            "--run-name", family, .. training]);
        var stages = int.MaxValue;
        await foreach (var happened in cluster.Client.WatchAsync(family))
        {
            if (happened is PartsPlaced placed) stages = Math.Min(stages, placed.Stages.Count);
            if (happened is RunEnded { State: not RunState.Succeeded } ended)
                throw new InvalidOperationException($"{family}: {ended.State}: {ended.Error}");
        }

        await TestCluster.SucceedsAsync(folder, ["export", family, "--store", cluster.Store, "--output", output]);
        return stages;
    }
}
