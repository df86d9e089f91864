namespace LisaOrleans;

/// <summary>What one may ask a cluster as a whole. Stateless; its key is 0.</summary>
public interface IClusterGrain : IGrainWithIntegerKey
{
    /// <summary>Live silos that hold parts.</summary>
    Task<IReadOnlyList<SiloDescription>> GetTrainingSilos();

    /// <summary>The last known status of every run in the store.</summary>
    [ResponseTimeout("00:02:00")]
    Task<IReadOnlyList<RunStatus>> ListRuns();
}
