using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>How a run copes with a store that lost something, and with one that is away for a while.</summary>
public sealed class DamagedStoreTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("layer-0", false)]
    [InlineData("layer-0", true)]
    [InlineData("embedding", true)]
    [InlineData("settings", false)]
    [InlineData("data", true)]
    [InlineData("tokenizer.model", true)]
    public async Task RunGrain_damaged_blob_fails_the_run_by_name_and_restoring_it_lets_the_run_resume(string what, bool missing)
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(7));
        await run.ContinueAsync(pauseAt: 2);
        var before = (await RunStore.ReadHeadAsync(run.Store, "test", Token))!;
        var manifest = await RunStore.ReadManifestAsync(run.Store, before.Manifest!, Token);
        var blob = (what switch
        {
            "settings" => manifest.Spec,
            "data" => manifest.Dataset!,
            _ => manifest.Files.GetValueOrDefault(what) ?? manifest.Parts[what].Optimizer ?? manifest.Parts[what].Weights,
        }).Sha256;
        var file = Directory.EnumerateFiles(run.Store.Location, blob, SearchOption.AllDirectories).Single();
        var bytes = await File.ReadAllBytesAsync(file, Token);
        if (missing) File.Delete(file);
        else await File.WriteAllBytesAsync(file, [.. bytes.Select((b, i) => i == bytes.Length / 2 ? (byte)(b ^ 1) : b)], Token);

        var ended = await run.ContinueAsync();

        Assert.Equal(RunState.Failed, ended.State);
        Assert.Contains(blob, ended.Error, StringComparison.Ordinal);
        Assert.Contains(missing ? "is missing" : "is damaged", ended.Error, StringComparison.Ordinal);
        var after = (await RunStore.ReadHeadAsync(run.Store, "test", Token))!;

        // One generation to wait for silos, one that tried to train.
        Assert.Equal(
            (before.Manifest, before.Generation + 2, RunHeadStates.Failed, ended.Error),
            (after.Manifest, after.Generation, after.State, after.Error));

        await File.WriteAllBytesAsync(file, bytes, Token);
        await run.FinishAsync();
        using var straight = await TestRun.TrainAsync(TinyStories.Spec(7));
        Assert.Equal(await straight.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    // As where its disk is unmounted: a folder stays.
    [Fact]
    public async Task RunGrain_store_that_is_gone_pauses_the_run_and_nothing_is_written_in_its_place()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        var (store, away) = (run.Store.Location, $"{run.Store.Location}-away");
        var ended = await run.ContinueAsync(during: async grain =>
        {
            await Until.True(async () => (await grain.GetStatus()).Step > 0);
            Directory.Move(store, away);
            Directory.CreateDirectory(store);
        });
        Assert.Equal((RunState.Paused, $"{store}: the store is gone (no folder blobs): is it mounted?"), (ended.State, ended.Error));
        Assert.Empty(Directory.EnumerateFileSystemEntries(store));

        Directory.Delete(store);
        Directory.Move(away, store);
        Assert.Equal(RunState.Paused, (await run.ContinueAsync(pauseAt: ended.Step + 2)).State);
        Assert.True((await RunStore.ReadHeadAsync(run.Store, "test", Token))!.Step >= ended.Step + 2);
    }

    [Fact]
    public async Task RunGrain_run_that_is_deleted_meanwhile_ends_and_says_so()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(100_000));
        var ended = await run.ContinueAsync(during: async grain =>
        {
            await Until.True(async () => (await grain.GetStatus()).Step > 0);
            await RunStore.DeleteAsync(run.Store, "test", Token);
        });
        Assert.Equal((RunState.Failed, $"run 'test' was deleted from {run.Store.Location}"), (ended.State, ended.Error));
        Assert.Null(await RunStore.ReadHeadAsync(run.Store, "test", Token));
    }

    [Fact]
    public async Task ListRuns_damaged_run_does_not_hide_the_others()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(1));
        await RunImporter.ImportAsync(run.Store, TinyStories.Request(TinyStories.Spec(1) with { RunName = "whole" }), null, Token);
        var blob = (await RunStore.ReadHeadAsync(run.Store, "test", Token))!.Manifest!.Sha256;
        File.Delete(Directory.EnumerateFiles(run.Store.Location, blob, SearchOption.AllDirectories).Single());

        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = run.Store }, Token);
        var runs = await silo.Grains.GetGrain<IClusterGrain>(0).ListRuns();

        Assert.Equal([("test", RunState.Failed), ("whole", RunState.Queued)], runs.Select(r => (r.Run, r.State)));
        Assert.Contains(blob, runs[0].Error, StringComparison.Ordinal);
    }

    // More failures in a row than a run tolerates, but all of them within a minute.
    [Fact]
    public async Task RunGrain_store_outage_does_not_end_the_run()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(7));
        var away = new AwayStore(run.Store, failures: 12);
        var ended = await run.ContinueAsync(through: away);
        Assert.True(ended.State == RunState.Succeeded, ended.Error);
        Assert.Equal(0, away.Left);
        using var straight = await TestRun.TrainAsync(TinyStories.Spec(7));
        Assert.Equal(await straight.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    /// <summary>A store that, once a manifest was written through it, cannot be written to for some time.</summary>
    private sealed class AwayStore(IBlobStore inner, int failures) : DelegatingBlobStore(inner)
    {
        private int _left = failures;
        private int _written;

        public int Left => Math.Max(0, Volatile.Read(ref _left));

        // The first two writes take the run and place its parts.
        public override Task<string> PutDocumentAsync(
            string path, ReadOnlyMemory<byte> content, string? ifMatch, CancellationToken cancellationToken) =>
            Interlocked.Increment(ref _written) > 2 && Interlocked.Decrement(ref _left) >= 0
                ? throw new IOException("away")
                : base.PutDocumentAsync(path, content, ifMatch, cancellationToken);
    }
}
