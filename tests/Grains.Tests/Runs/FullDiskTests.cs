using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

/// <summary>A store that is full, or may not be written to: the run is paused at once, says what to do, and goes on later.</summary>
public sealed class FullDiskTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task RunGrain_full_store_pauses_at_the_last_good_manifest_and_goes_on_when_there_is_space(bool headFits)
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(7));
        var full = new FullStore(run.Store, headFits);
        var seen = new List<TrainingEvent>();
        var ended = await run.ContinueAsync(through: full.Resilient(), seen: seen);

        // The manifest of step 3 was saved. That of step 6 was only if all of it was under way before, as on a busy machine.
        Assert.Equal(RunState.Paused, ended.State);
        Assert.True(ended.Step is 3 or 6, $"{ended.Step}");
        Assert.Equal($"{run.Store.Location}: no space is left on the disk; free some or move what can be moved", ended.Error);
        Assert.Empty(seen.OfType<RunRecovering>());
        Assert.Single(seen.OfType<RunEnded>());

        // Parts, history and journal are refused once each: a refused write is not tried again.
        Assert.InRange(full.Refusals, 1, 8);
        var head = (await RunStore.ReadHeadAsync(run.Store, "test", Token))!;
        Assert.Equal((ended.Step, 0), (head.Step, head.Recoveries));
        if (headFits) Assert.Equal((RunHeadStates.Paused, ended.Error), (head.State, head.Error));

        await run.FinishAsync();
        using var straight = await TestRun.TrainAsync(TinyStories.Spec(7));
        Assert.Equal(await straight.WeightsShaAsync(), await run.WeightsShaAsync());
    }

    [Fact]
    public async Task Resume_paused_without_a_record_in_the_store_sleeps_until_somebody_starts_it()
    {
        using var run = await TestRun.ImportAsync(TinyStories.Spec(7));
        var full = new FullStore(run.Store, headFits: false);
        await run.ContinueAsync(through: full.Resilient(), during: async grain =>
        {
            await Until.True(async () => (await grain.GetStatus()).State == RunState.Paused);
            await grain.Resume([]);
            var status = await grain.GetStatus();
            Assert.Equal(RunState.Paused, status.State);
            Assert.Contains("no space is left", status.Error, StringComparison.Ordinal);
        });
        Assert.InRange(full.Refusals, 1, 8);
    }
}
