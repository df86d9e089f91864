using System.Diagnostics.Metrics;

namespace LisaOrleans.Grains.Tests;

/// <summary>Nothing that a run remembers of its steps is copied at each step. By itself, because it counts what the whole process allocates.</summary>
[CollectionDefinition(nameof(StepAllocationTests), DisableParallelization = true)]
[Collection(nameof(StepAllocationTests))]
public sealed class StepAllocationTests
{
    private const int Window = 50;
    private const int Early = 50;
    private const int Late = 350;

    [Fact]
    public async Task TrainingLoop_late_steps_allocate_as_much_as_early_ones()
    {
        var (step, looks) = (0, new Dictionary<int, long>());
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "lisa.step.duration") listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) =>
        {
            if (++step is Early or Early + Window or Late or Late + Window) looks[step] = GC.GetTotalAllocatedBytes(precise: true);
        });
        listener.Start();

        using var run = await TestRun.TrainAsync(TinyStories.Spec(Late + Window) with
        {
            RunName = "long",
            LisaIntervalSteps = 10,
            PerDeviceTrainBatchSize = 1,
            BlockSize = 16,
            SaveSteps = 0,
        });

        Assert.Equal(Late + Window, step);
        double early = looks[Early + Window] - looks[Early], late = looks[Late + Window] - looks[Late];
        Assert.InRange(late / early, 0.9, 1.03);
    }
}
