using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli.Tests;

/// <summary>
/// SIGKILL at any moment of what works on a store: nothing is lost or half written, and the same command, once more, comes to what it
/// would have come to. That of each call to the store is tested apart; here processes really die.
/// </summary>
public sealed class KilledCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly Random _random = new(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Store => _folder["store"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Fork_forget_copy_and_prune_killed_at_any_moment_come_to_the_same()
    {
        string[] settings = ["--max-steps", "12", "--save-steps", "2"];
        await Lisa.SucceedsAsync(Sample.Train(_folder["run"], more: [.. settings, "--store", Store, "--run-name", "run", "--keep-manifests", "all"]));
        using (var late = JsonDocument.Parse(File.ReadLines(_folder["run/ledger.jsonl"]).ElementAt(6)))
            await File.WriteAllTextAsync(_folder["samples.txt"], $"{late.RootElement.GetProperty("samples")[0]}\n", Token);
        await Lisa.SucceedsAsync(Sample.Train(_folder["masked"], more: [.. settings, "--mask-samples", _folder["samples.txt"]]));
        var head = await File.ReadAllTextAsync(_folder["store/runs/run/head.json"], Token);

        await KillAsync(Store, [1, 2], "fork", "run@4", "--store", Store, "--run-name", "again");
        await Lisa.SucceedsAsync("train", "--resume", "again", "--store", Store, "--output", _folder["again"]);
        RunFolder.AreEqual(_folder["run"], _folder["again"], 12);

        await KillAsync(
            Store, [1, 6, 14], "forget", "run", "--store", Store, "--samples", _folder["samples.txt"], "--run-name", "without", "--output",
            _folder["without"]);
        RunFolder.AreEqual(_folder["masked"], _folder["without"], 12);
        Assert.True(File.Exists(_folder["without/forget-certificate.json"]));

        await KillAsync(_folder["peer"], [2, 5, 9], "store", "copy", "run", "--store", Store, "--to", _folder["peer"]);
        Assert.Equal(head, await File.ReadAllTextAsync(_folder["store/runs/run/head.json"], Token));

        string[] prune = ["store", "prune", "--store", _folder["peer"], "--keep", "every:6", "--min-age-hours", "0"];
        AgedStore.Of(_folder["peer"]);
        var (before, dry) = (Files(_folder["peer"]), await Lisa.SucceedsAsync([.. prune, "--dry-run"]));
        Assert.Matches(@"^run  would keep 3 of 7 manifests\nwould delete [0-9]+ blobs \([0-9.]+ MB\) that nothing names\n$", dry.Output);
        Assert.Equal(0, Changed(before, Files(_folder["peer"])));
        await KillAsync(_folder["peer"], [1, 2, 4], prune);
        Assert.Equal([0L, 6, 12], (await RunManifests.OfAsync(new FolderBlobStore(_folder["peer"]), "run", Token)).Steps);
        await Lisa.SucceedsAsync("export", "run", "--store", _folder["peer"], "--output", _folder["copied"]);
        Assert.Equal(RunFolder.WeightsSha(_folder["run"]), RunFolder.WeightsSha(_folder["copied"]));
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
