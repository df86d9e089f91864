using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli.Tests;

/// <summary>
/// SIGKILL at any moment of what works on a store: nothing is lost or half written, and the same command, once more, comes to what it
/// would have come to. That of each call to the store is tested apart; here processes really die.
/// </summary>
public sealed class KilledCommandTests(TrainedRuns runs) : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Random _random = new(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder["store"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fork_forget_copy_and_prune_killed_at_any_moment_come_to_the_same()
    {
        var run = await runs.WholeAsync();
        TrainedRuns.Copy(TrainedRuns.Store(run), Store);
        using (var late = JsonDocument.Parse(File.ReadLines(Path.Combine(run, "ledger.jsonl")).ElementAt(12)))
            await File.WriteAllTextAsync(_folder["samples.txt"], $"{late.RootElement.GetProperty("samples")[0]}\n", Token);
        string[] settings = ["--max-steps", $"{TrainedRuns.Steps}", "--save-steps", $"{TrainedRuns.SaveSteps}"];
        await Lisa.SucceedsAsync(Sample.Train(_folder["masked"], more: [.. settings, "--mask-samples", _folder["samples.txt"]]));
        var head = await File.ReadAllTextAsync(_folder["store/runs/default/head.json"], Token);

        await KillAsync(Store, [1, 2], "fork", "default@18", "--store", Store, "--run-name", "again");
        await Lisa.SucceedsAsync("train", "--resume", "again", "--store", Store, "--output", _folder["again"]);
        RunFolder.AreEqual(run, _folder["again"], TrainedRuns.Steps);

        await KillAsync(
            Store, [1, 9], "forget", "default", "--store", Store, "--samples", _folder["samples.txt"], "--run-name", "without", "--output",
            _folder["without"]);
        RunFolder.AreEqual(_folder["masked"], _folder["without"], TrainedRuns.Steps);
        Assert.True(File.Exists(_folder["without/forget-certificate.json"]));

        await KillAsync(_folder["peer"], [2, 5, 9], "store", "copy", "default", "--store", Store, "--to", _folder["peer"]);
        Assert.Equal(head, await File.ReadAllTextAsync(_folder["store/runs/default/head.json"], Token));

        string[] prune = ["store", "prune", "--store", _folder["peer"], "--keep", "every:12", "--min-age-hours", "0"];
        AgedStore.Of(_folder["peer"]);
        var (before, dry) = (Files(_folder["peer"]), await Lisa.SucceedsAsync([.. prune, "--dry-run"]));
        Assert.Matches(@"^default  would keep 3 of 9 manifests\nwould delete [0-9]+ blobs \([0-9.]+ MB\) that nothing names\n$", dry.Output);
        Assert.Equal(0, Changed(before, Files(_folder["peer"])));
        await KillAsync(_folder["peer"], [1, 2, 4], prune);
        Assert.Equal([0L, 12, 24], (await RunManifests.OfAsync(new FolderBlobStore(_folder["peer"]), "default", Token)).Steps);
        await Lisa.SucceedsAsync("export", "default", "--store", _folder["peer"], "--output", _folder["copied"]);
        Assert.Equal(RunFolder.WeightsSha(run), RunFolder.WeightsSha(_folder["copied"]));
        foreach (var store in (string[])[Store, _folder["peer"]]) await Lisa.SucceedsAsync("store", "verify", "--store", store);
    }

    // Each kill comes when so many files of the store have changed since the command began, and a moment later.
    private async Task KillAsync(string store, int[] changes, params string[] command)
    {
        foreach (var count in changes)
        {
            var before = Files(store);
            using var process = Lisa.Start(command);
            var ended = process.EndAsync(Token);
            while (!ended.IsCompleted && Changed(before, Files(store)) < count) await Task.Yield();
            Thread.SpinWait(_random.Next(200_000));
            if (!ended.IsCompleted) await process.KillAsync(Token);
            await ended;
            Assert.Empty((await StoreVerifier.VerifyAsync(new FolderBlobStore(store), null, Token)).Faults);
        }

        await Lisa.SucceedsAsync(command);
        Assert.Empty((await StoreVerifier.VerifyAsync(new FolderBlobStore(store), null, Token)).Faults);
    }

    // Leases change all the time.
    private static Dictionary<string, DateTime> Files(string store) => Directory.Exists(store)
        ? new DirectoryInfo(store).GetFiles("*", SearchOption.AllDirectories)
            .Where(f => f.Name is not "lease.json" && f.Extension is not ".lock").ToDictionary(f => f.FullName, f => f.LastWriteTimeUtc)
        : [];

    private static int Changed(Dictionary<string, DateTime> before, Dictionary<string, DateTime> now) =>
        before.Keys.Union(now.Keys).Count(f => !before.TryGetValue(f, out var was) || !now.TryGetValue(f, out var time) || was != time);
}
