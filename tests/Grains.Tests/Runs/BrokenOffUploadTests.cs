using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

/// <summary>Uploads that are broken off, which is no failure of theirs.</summary>
public sealed class BrokenOffUploadTests
{
    // The manifest cannot be, so what is trained after it would be trained again: the run goes back before the next one is due.
    [Fact]
    public async Task RunGrain_whose_manifest_was_broken_off_goes_back_at_once()
    {
        var spec = TinyStories.Spec(81) with { SaveSteps = 40, LisaIntervalSteps = 81 };
        using var run = await TestRun.ImportAsync(spec);
        var seen = new List<TrainingEvent>();
        var ended = await run.ContinueAsync(through: new BreakingStore(run.Store), seen: seen);
        Assert.True(ended.State == RunState.Succeeded, ended.Error);

        var back = Assert.Single(seen.OfType<RunRecovering>());
        Assert.Equal(0, back.ManifestStep);
        Assert.InRange(back.FailedStep, 41, 80);
        using var straight = await TestRun.TrainAsync(spec);
        Assert.Equal(await straight.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    /// <summary>A store that breaks off the first state of a part.</summary>
    private sealed class BreakingStore(IBlobStore inner) : DelegatingBlobStore(inner)
    {
        private int _states;

        public override Task<bool> PutAsync(IBlobSource blob, CancellationToken cancellationToken) =>
            blob is SafetensorsBlob && Interlocked.Increment(ref _states) == 1
                ? Task.FromCanceled<bool>(new CancellationToken(canceled: true))
                : base.PutAsync(blob, cancellationToken);
    }
}
