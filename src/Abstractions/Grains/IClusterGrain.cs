namespace LisaOrleans;

/// <summary>What one may ask a cluster as a whole. Stateless; its key is 0.</summary>
public interface IClusterGrain : IGrainWithIntegerKey
{
    /// <summary>Live silos that hold parts.</summary>
    Task<IReadOnlyList<SiloDescription>> GetTrainingSilos();

    /// <summary>The store that the cluster's runs are in.</summary>
    Task<StoreDescription> GetStore();

    /// <summary>Whether the live silos could hold a run, if it had them alone.</summary>
    /// <param name="spec">Its settings.</param>
    /// <param name="configJson">The model's config.json.</param>
    /// <returns>Null if so, or if there is no silo yet; else the numbers, for people.</returns>
    Task<string?> CheckCapacity(TrainingSpec spec, string configJson);

    /// <summary>The last known status of every run in the store.</summary>
    [ResponseTimeout("00:02:00")]
    Task<IReadOnlyList<RunStatus>> ListRuns();
}
