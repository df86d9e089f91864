using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

public sealed class OptimizerMemoryTests
{
    private const int Interval = 8;

    [Theory]
    [InlineData("float32", 8)]
    [InlineData("bfloat16", 12)]
    [InlineData("bfloat16", 12, "mapped")]
    [InlineData("bfloat16", 12, "whole", true)]
    public async Task GetMemory_during_training_only_parts_that_train_have_optimizer_state(
        string dtype, int bytesPerParameter, string form = "whole", bool kept = false)
    {
        var spec = TinyStories.Spec(8 * Interval) with
        {
            Dtype = dtype,
            ComputeDtype = dtype == "bfloat16" ? dtype : TrainingSpec.AutoDtype,
            LisaIntervalSteps = Interval,
            BlockSize = 32,
            PerDeviceTrainBatchSize = 1,
            SaveSteps = 0,
            FrozenWeights = form,
            LisaKeepOptimizerState = kept,
        };
        var seen = new Dictionary<long, IReadOnlyDictionary<string, PartMemory>>();
        using var run = await TestRun.ImportAsync(spec);

        await run.FinishAsync(async grain =>
        {
            RunStatus after;
            do
            {
                var before = await grain.GetStatus();
                var memory = await grain.GetMemory();
                after = await grain.GetStatus();

                // Parts answer one by one; only within a period do their answers fit together.
                if (WithinPeriod(before.Step) && WithinPeriod(after.Step) && before.Step / Interval == after.Step / Interval)
                    seen[before.Step / Interval] = memory;
                await Task.Yield();
            }
            while (after.State is RunState.Starting or RunState.Running or RunState.Queued);
        });

        Assert.True(seen.Count >= 3 && seen.Keys.Max() >= 6, $"saw periods {string.Join(", ", seen.Keys)} only");
        foreach (var (period, memory) in seen)
        {
            string[] training = [
                PartName.Embedding, PartName.Head, .. new RunSchedule(spec, TinyStories.Config).Plan(period)!.Layers.Select(PartName.Layer)];
            Assert.Equal(TinyStories.Layers + 2, memory.Count);
            foreach (var (part, held) in memory)
            {
                Assert.Equal(training.Contains(part), held.Trainable);
                Assert.Equal(training.Contains(part) ? bytesPerParameter * Parameters(part) : 0, held.Optimizer);
                Assert.Equal(held.Trainable || form == "whole" ? (dtype == "float32" ? 4 : 2) * Parameters(part) : 0, held.Weights);
                if (!held.Trainable) Assert.Equal(0, held.Gradients);
            }
        }
    }

    // After such a committed step the next one is in the same period and does not end it.
    private static bool WithinPeriod(long step) => step % Interval is > 0 and < Interval - 1;

    private static long Parameters(string part) => (part switch
    {
        PartName.Embedding => TinyStories.Config.EmbeddingSpecs(),
        PartName.Head => TinyStories.Config.HeadSpecs(),
        _ => TinyStories.Config.LayerSpecs(PartName.LayerIndex(part)!.Value),
    }).Sum(s => s.Count);
}
