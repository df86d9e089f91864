namespace LisaOrleans;

/// <summary>One silo of the cluster. Its key is the silo's address, and it lives on that silo or nowhere.</summary>
public interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>What the silo has been doing since it began.</summary>
    Task<SiloLoad> GetLoad();

    /// <summary>Whether the silo reaches the store now.</summary>
    Task<bool> ReachesStore();
}
