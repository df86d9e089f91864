using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>A checkpoint costs what trains and what has just finished to train; layers that sleep cost nothing.</summary>
public sealed class ManifestBytesTests
{
    private const int Interval = 4;

    // Manifest, journal and head come on top of what is counted: small documents.
    private const long DocumentBytes = 32 << 10;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task ManifestSaved_only_training_state_and_finished_layers_are_written(int saveSteps)
    {
        var spec = TinyStories.Spec(14) with { LisaIntervalSteps = Interval, SaveSteps = saveSteps };
        using var run = await TestRun.ImportAsync(spec);
        var before = await StoredBytesAsync(run);
        var seen = new List<TrainingEvent>();
        await run.ContinueAsync(seen: seen);

        var (last, saved) = (0L, seen.OfType<ManifestSaved>().ToList());
        Assert.Equal((14 + saveSteps - 1) / saveSteps, saved.Count);
        foreach (var manifest in saved)
        {
            Assert.InRange(manifest.BytesWritten, 1, Bound(spec, last, manifest.Step));
            last = manifest.Step;
        }

        // The bytes reported are the bytes written.
        var written = await StoredBytesAsync(run) - before;
        Assert.InRange(written, 1, saved.Sum(m => m.BytesWritten) + (saved.Count * DocumentBytes));
    }

    // 12 bytes for each number that trains (float32: master and two moments), and 4 for each of a layer that went to sleep since.
    private static long Bound(TrainingSpec spec, long previous, long step)
    {
        var ends = TinyStories.Config.EmbeddingSpecs().Concat(TinyStories.Config.HeadSpecs()).Sum(s => s.Count);
        var layer = TinyStories.Config.LayerSpecs(0).Sum(s => s.Count);
        var finished = Enumerable.Range(0, (int)Methods.PeriodOf(spec, step) + 1)
            .Where(p => (p + 1) * Interval > previous && ((p + 1) * Interval <= step || step == spec.MaxSteps))
            .SelectMany(p => new RunSchedule(spec, TinyStories.Config).Plan(p)!.Layers).Distinct().Count();
        return (long)(1.05 * 12 * (ends + (layer * spec.LisaActivatedLayers))) + (finished * layer * 4);
    }

    private static async Task<long> StoredBytesAsync(TestRun run)
    {
        var bytes = 0L;
        await foreach (var blob in run.Store.ListAsync(Token)) bytes += blob.Length;
        return bytes;
    }
}
