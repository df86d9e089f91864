using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

public sealed class OverwriteTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Overwrite_other_settings_begins_anew()
    {
        using var run = await TestRun.TrainAsync(TinyStories.Spec(2));
        var outcome = await RunImporter.ImportAsync(
            run.Store, TinyStories.Request(TinyStories.Spec(3) with { Seed = 9 }) with { Overwrite = true }, null, Token);
        Assert.Equal((false, 0, 3), (outcome.Resumed, outcome.ManifestStep, outcome.TotalSteps));
        Assert.Empty(await run.HistoryAsync());
    }

    [Fact]
    public async Task Overwrite_wrong_input_leaves_the_old_run()
    {
        using var folder = new TempFolder();
        using var run = await TestRun.TrainAsync(TinyStories.Spec(2));
        var request = TinyStories.Request(TinyStories.Spec(2)) with { Overwrite = true };
        var broken = folder["broken.jsonl"];
        await File.WriteAllTextAsync(broken, "{\"prompt\":\"a\",\"completion\":", Token);

        await Assert.ThrowsAnyAsync<IOException>(() => RunImporter.ImportAsync(run.Store, request with { DataFile = broken }, null, Token));
        await Assert.ThrowsAsync<InvalidTrainingSettingException>(
            () => RunImporter.ImportAsync(run.Store, request with { Spec = TinyStories.Spec(2) with { LearningRate = -1 } }, null, Token));

        Assert.Equal(2, (await run.HistoryAsync()).Count);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Overwrite_damaged_blobs_are_made_anew(bool lora, bool overwrite)
    {
        var request = TinyStories.Request(lora ? TinyStories.LoraSpec(2) : TinyStories.Spec(2));
        using var run = await TestRun.ImportAsync(request);
        await foreach (var blob in run.Store.ListAsync(Token)) DamagedBlobs.Damage(run.Store.Location, blob.Sha256);
        var spec = overwrite ? request.Spec : request.Spec with { RunName = "other" };

        await RunImporter.ImportAsync(run.Store, request with { Spec = spec, Overwrite = overwrite }, null, Token);

        var (manifest, _) = await RunManifests.ReadAsync(run.Store, ManifestAddress.Last(spec.RunName), Token);
        foreach (var blob in manifest.References()) (await run.Store.ReadAsync(blob, Token)).Dispose();
    }

    [Fact]
    public async Task Overwrite_damaged_run_is_replaced()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(2));
        var head = await RunStore.ReadHeadAsync(run.Store, "test", Token);
        await run.Store.DeleteAsync(await run.Store.ListAsync(Token).SingleAsync(b => b.Sha256 == head!.Manifest!.Sha256, Token), Token);
        await Assert.ThrowsAsync<BlobMissingException>(
            () => RunImporter.ImportAsync(run.Store, TinyStories.Request(TinyStories.Spec(2)), null, Token));

        var outcome = await RunImporter.ImportAsync(run.Store, TinyStories.Request(TinyStories.Spec(2)) with { Overwrite = true }, null, Token);
        Assert.False(outcome.Resumed);
    }
}
