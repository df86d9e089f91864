namespace LisaOrleans;

/// <summary>Decides which decoder layers train in a period, and puts them to work and to sleep.</summary>
public interface ILayerSchedulerGrain : IGrainWithStringKey
{
    /// <summary>The layers of a period, ascending: a pure function of (seed, period, strategy).</summary>
    Task<IReadOnlyList<int>> GetActiveLayers(TrainingSpec spec, int layerCount, long period);

    /// <summary>Gives exactly the period's layers optimizer state. Idempotent. Returns the layers.</summary>
    [ResponseTimeout("00:30:00")]
    Task<IReadOnlyList<int>> BeginPeriod(
        TrainingSpec spec, IReadOnlyList<string> layerSilos, long generation, long period, CancellationToken cancellationToken);

    /// <summary>Takes the optimizer state of the period's layers away again. Idempotent.</summary>
    [ResponseTimeout("00:30:00")]
    Task EndPeriod(TrainingSpec spec, IReadOnlyList<string> layerSilos, long generation, long period, CancellationToken cancellationToken);
}
