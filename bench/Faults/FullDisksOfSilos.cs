using System.Diagnostics;
using System.Net;
using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>The store and the temporary files of a silo on a disk that gets full: its run is paused and resumed, an upload refused.</summary>
internal static class FullDisksOfSilos
{
    private const string Run = "full";
    private const string NoSpace = "no space is left on the disk";
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    public static async Task<int> RunAsync(string folder, string alone)
    {
        Directory.CreateDirectory(folder);
        var log = Path.Combine(folder, "disk.log");
        var (store, temp) = (Path.Combine(folder, "store"), Path.Combine(folder, "store", "temp"));
        await using var disk = await SmallDisk.MountAsync(store, "size=8m", log)
            ?? throw new InvalidOperationException("this system lets nobody mount a small disk");
        Directory.CreateDirectory(disk.PathOf(temp));
        await using var cluster = await TestCluster.StartAsync(
            folder,
            new ClusterSettings(1, Azurite: false, Environment: new Dictionary<string, string> { ["TMPDIR"] = temp }, Within: disk.Within));
        string[] redis = ["--cluster-id", TestCluster.Id, "--redis", $"127.0.0.1:{cluster.Redis.Port}"];
        await using (var submit = ProgramRun.Start(
            log, ["submit", .. redis, "--store", store, "--run-name", Run, .. DiskTrial.Settings], disk.Within))
            if (await submit.EndAsync() is not 0 and var code)
                return Say("submit", $"ENDED WITH {code}: {string.Join(" | ", submit.Complaints)}");

        var paused = await StateAsync(cluster, RunState.Paused);
        var failures = Say("silo's store full", paused.Error?.Contains(NoSpace, StringComparison.Ordinal) == true ? null : $"SAID {paused.Error}");
        var filler = disk.PathOf(Path.Combine(store, "filler"));
        Fill(filler);
        failures += Say("upload to a full disk", await UploadAsync(cluster, NoSpace));
        File.Delete(filler);
        if (!await disk.RemountAsync("size=256m", log)) return Say("disk", "COULD NOT BE MADE LARGER");
        failures += Say("upload when there is room", await UploadAsync(cluster, null));
        await TestCluster.SucceedsAsync(folder, ["resume", Run, .. redis]);
        await StateAsync(cluster, RunState.Succeeded);
        var model = Path.Combine(folder, "model");
        await using var export = ProgramRun.Start(log, ["export", Run, "--store", store, "--output", model], disk.Within);
        if (await export.EndAsync() is not 0 and var end) return failures + Say("export", $"ENDED WITH {end}");
        return failures + Say("resumed run", RunFiles.Differences(alone, model) is [var first, ..] ? $"DIFFERS: {first}" : null);
    }

    private static int Say(string what, string? fault)
    {
        Console.WriteLine($"    {what,-38} {fault ?? "as it should be"}");
        return fault is null ? 0 : 1;
    }

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) file.Write(new byte[4096]);
        }
        catch (IOException)
        {
            // Now it is full.
        }
    }

    // Uploads a file. Expects this answer of a full disk, or none if there is room; returns what is wrong.
    private static async Task<string?> UploadAsync(TestCluster cluster, string? expected)
    {
        using var jobs = new HttpJobs(cluster.Silos[0].Http);
        try
        {
            await jobs.UploadAsync(Path.Combine(Executables.Repository, "samples", "animals.jsonl"), null, CancellationToken.None);
            return expected is null ? null : "WAS TAKEN";
        }
        catch (HttpRequestException e)
        {
            var full = e.StatusCode == HttpStatusCode.InsufficientStorage;
            return full && expected is not null && e.Message.Contains(expected, StringComparison.Ordinal) ? null : $"WAS ANSWERED {e.Message}";
        }
    }

    private static async Task<RunStatus> StateAsync(TestCluster cluster, RunState state)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var status = await cluster.Client.GetAsync(Run);
            if (status.State == state) return status;
            if (watch.Elapsed > s_patience) throw new TimeoutException($"the run is {status.State}, not {state}: {status.Error}");
            await Task.Delay(50);
        }
    }
}
