using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>The sample model when it has learned the sample data for some steps, and for more.</summary>
public sealed class LearnedModel : IAsyncLifetime
{
    public const long Early = 40;
    public const long Late = 80;

    private readonly TempFolder _folder = new();

    /// <summary>The model's folder.</summary>
    /// <param name="steps">One of the two.</param>
    public string At(long steps) => _folder[$"{steps}"];

    public async ValueTask InitializeAsync()
    {
        using var run = await TestRun.TrainAsync(TinyStories.FullSpec(Late) with
        {
            PerDeviceTrainBatchSize = 4,
            MaxGradNorm = 0,
            LrSchedulerType = "constant",
            SaveSteps = (int)Early,
            KeepManifests = "all",
        });
        foreach (var steps in (long[])[Early, Late])
            await RunExporter.ExportAsync(run.Store, $"test@{steps}", At(steps), TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
