using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli.Tests;

/// <summary><c>lisa store</c> on a store that <c>lisa train</c> has filled.</summary>
public sealed class StoreCommandTests(TrainedRuns runs)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Store_verify_finds_what_is_wrong_and_repair_puts_it_back()
    {
        using var folder = new TempFolder();
        var (trained, store) = (await runs.ShortAsync(), folder["store"]);
        TrainedRuns.Copy(TrainedRuns.Store(trained), store);
        Assert.Contains("are whole", (await Lisa.SucceedsAsync("store", "verify", "--store", store)).Output, StringComparison.Ordinal);
        Assert.Contains("default  succeeded  step 2", (await Lisa.SucceedsAsync("store", "list", "--store", store)).Output, StringComparison.Ordinal);

        await Lisa.SucceedsAsync("store", "copy", "default", "--store", store, "--to", folder["peer"]);
        var again = await Lisa.SucceedsAsync("store", "copy", "default", "--store", store, "--to", folder["peer"]);
        Assert.Contains(": 0 blobs (0 bytes)", again.Output, StringComparison.Ordinal);
        await Lisa.SucceedsAsync("export", "default", "--store", folder["peer"], "--output", folder["copied"]);
        Assert.Equal(RunFolder.WeightsSha(trained), RunFolder.WeightsSha(folder["copied"]));

        // The largest are weights; one is damaged, another one lost.
        var blobs = Directory.GetFiles(Path.Combine(store, "blobs"), "*", SearchOption.AllDirectories)
            .OrderByDescending(f => new FileInfo(f).Length).ThenBy(f => f).ToArray();
        DamagedBlobs.Damage(store, Path.GetFileName(blobs[0]));
        File.Delete(blobs[1]);
        var wrong = await Lisa.RunAsync("store", "verify", "--store", store);
        Assert.Equal(1, wrong.ExitCode);
        Assert.Contains($"of run 'default' (blob {Path.GetFileName(blobs[0])}) is damaged", wrong.Error, StringComparison.Ordinal);
        Assert.Contains($"of run 'default' (blob {Path.GetFileName(blobs[1])}) is missing", wrong.Error, StringComparison.Ordinal);

        var repaired = await Lisa.SucceedsAsync("store", "repair", "--store", store, "--from", folder["peer"]);
        Assert.StartsWith("2 blobs", repaired.Output, StringComparison.Ordinal);
        await Lisa.SucceedsAsync("store", "verify", "--store", store);

        // Of a head that is wrong about a whole blob, nothing is repaired.
        var head = Path.Combine(store, "runs/default/head.json");
        var text = await File.ReadAllTextAsync(head, Token);
        var named = (await RunStore.ReadHeadAsync(new FolderBlobStore(store), "default", Token))!.Manifest!;
        await File.WriteAllTextAsync(head, text.Replace($"\"Length\":{named.Length}", "\"Length\":7", StringComparison.Ordinal), Token);
        var manifest = Path.Combine(store, "blobs", named.Sha256[..2], named.Sha256);
        var written = File.GetLastWriteTimeUtc(manifest);
        var unrepaired = await Lisa.RunAsync("store", "repair", "--store", store, "--from", folder["peer"]);
        Assert.Equal(1, unrepaired.ExitCode);
        Assert.StartsWith("0 blobs", unrepaired.Output, StringComparison.Ordinal);
        Assert.Contains(
            $"the manifest of step 2 of run 'default' is named with a length of 7 bytes, but blob {named.Sha256} is whole and has {named.Length};",
            unrepaired.Error, StringComparison.Ordinal);
        Assert.Equal(written, File.GetLastWriteTimeUtc(manifest));
        await File.WriteAllTextAsync(head, text, Token);

        // As early builds left a store.
        File.Delete(Path.Combine(store, "store.json"));
        await Lisa.SucceedsAsync("store", "verify", "--store", store);
        Assert.Contains("default  succeeded  step 2", (await Lisa.SucceedsAsync("store", "list", "--store", store)).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Store_sizes_and_prune_count_what_nothing_names()
    {
        using var folder = new TempFolder();
        var store = folder["store"];
        foreach (var run in (string[])["one", "two"])
        {
            var seed = run == "one" ? "1" : "2";
            await Lisa.SucceedsAsync(Sample.Train(folder[run], more: ["--max-steps", "1", "--store", store, "--run-name", run, "--seed", seed]));
        }

        await Lisa.SucceedsAsync(Sample.Train(folder["two"], more: ["--max-steps", "1", "--store", store, "--run-name", "two", "--overwrite"]));
        using var before = await Json("sizes");
        var runs = before.RootElement.GetProperty("runs").EnumerateArray().ToArray();
        Assert.Equal(["one", "two"], runs.Select(r => r.GetProperty("run").GetString()));
        Assert.All(runs, r => Assert.InRange(Bytes(r, "shared_bytes"), 1, Bytes(r, "bytes") - 1));
        var garbage = Bytes(before.RootElement, "unnamed_bytes");
        Assert.True(garbage > 0);

        using (var kept = await Json("prune")) Assert.Equal(0, Bytes(kept.RootElement, "bytes"));

        // What was written a moment ago stays in any case, and is counted.
        foreach (var how in (string[][])[["--dry-run"], []])
        {
            using var young = await Json("prune", ["--min-age-hours", "0", .. how]);
            Assert.Equal((0, garbage), (Bytes(young.RootElement, "bytes"), Bytes(young.RootElement, "spared_bytes")));
        }

        Assert.Contains(
            "that nothing names: written within 2 minutes", (await Lisa.SucceedsAsync("store", "prune", "--store", store, "--min-age-hours", "0")).Output,
            StringComparison.Ordinal);
        AgedStore.Of(store);
        using (var dry = await Json("prune", "--min-age-hours", "0", "--dry-run")) Assert.Equal(garbage, Bytes(dry.RootElement, "bytes"));
        using (var same = await Json("sizes")) Assert.Equal(garbage, Bytes(same.RootElement, "unnamed_bytes"));

        // What an import that goes on has written is named only when it ends.
        string[] now = ["store", "prune", "--store", store, "--min-age-hours", "0"];
        await using (await RunLease.AcquireAsync(
            new FolderBlobStore(store), "new", RunHolder.ThisProcess, false, new LeaseOptions(), TimeProvider.System, Token))
        {
            await Lisa.RefusesAsync(now, "--min-age-hours is 0, but run 'new' is being worked on");
            await Lisa.SucceedsAsync([.. now, "--dry-run"]);
        }

        using (var pruned = await Json("prune", "--min-age-hours", "0")) Assert.Equal(garbage, Bytes(pruned.RootElement, "bytes"));
        using (var after = await Json("sizes")) Assert.Equal(0, Bytes(after.RootElement, "unnamed_bytes"));
        await Lisa.SucceedsAsync("store", "verify", "--store", store);

        async Task<JsonDocument> Json(string command, params string[] more) =>
            JsonDocument.Parse((await Lisa.SucceedsAsync(["store", command, "--store", store, "--log-format", "json", .. more])).Output);

        static long Bytes(JsonElement element, string name) => element.GetProperty(name).GetInt64();
    }

    [Fact]
    public async Task Store_wrong_input_is_refused()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder["empty"]);
        await LisaMain.RefusesAsync(["store", "verify", "--store", folder["none"]], "--store: no such folder");
        await LisaMain.RefusesAsync(["store", "verify", "--store", folder["empty"]], "no run was ever in it");
        await LisaMain.RefusesAsync(["store", "list"], "--store is missing");
        var store = TrainedRuns.Store(await runs.ShortAsync());
        await LisaMain.RefusesAsync(["store", "copy", "other", "--store", store, "--to", folder["new"]], "has no run 'other'");
        Assert.False(Directory.Exists(folder["new"]));
        await LisaMain.RefusesAsync(["store", "copy", "default", "--store", store, "--to", store], "--to", "the store that the run is in");
        await LisaMain.RefusesAsync(["store", "copy", "default", "--store", store], "--to is missing");
        foreach (var hours in (string[])["-1", "1e300"])
        {
            await LisaMain.RefusesAsync(
                ["store", "prune", "--store", store, "--min-age-hours", hours], "--min-age-hours is '", "it must be from 0 to 1000000");
        }

        await File.WriteAllTextAsync(folder["far.txt"], "160\n", Token);
        await LisaMain.RefusesAsync(
            [
                "forget", "default", "--store", store, "--samples", folder["far.txt"], "--run-name", "without",
                "--output", folder["without"],
            ],
            "--samples names sample 160; the training data has samples 0 to 159");
        Assert.False(Directory.Exists(folder["without"]));
        await LisaMain.RefusesAsync(
            ["store", "prune", "--store", store, "--keep", "newest"], "--keep is 'newest'; it must be last, base, all, a number, every:K");
    }

    [Fact]
    public async Task MaskSamples_wrong_file_or_number_is_refused_and_leaves_nothing()
    {
        using var folder = new TempFolder();
        foreach (var (name, text, says) in ((string, string, string)[])[
            ("words.txt", "3\nfox\n", "words.txt: line 2: 'fox' must be a whole number"), ("negative.txt", "-1\n", "negative.txt: line 1"),
            ("empty.txt", "\n", "holds no numbers"), ("range.txt", "160\n", "names sample 160; the training data has samples 0 to 159")])
        {
            await File.WriteAllTextAsync(folder[name], text, Token);
            await LisaMain.RefusesAsync(Sample.Train(folder["out"], more: ["--mask-samples", folder[name]]), says);
        }

        await LisaMain.RefusesAsync(Sample.Train(folder["out"], more: ["--mask-samples", folder["none"]]), "--mask-samples: no such file");
        await LisaMain.RefusesAsync(
            Sample.Train(folder["out"], more: ["--mask-samples", folder.Root]), $"--mask-samples: must be a file, not a folder: {folder.Root}");
        Assert.False(Directory.Exists(folder["out"]));
    }
}
