namespace LisaOrleans.Cluster;

/// <summary>What a test cluster is made of.</summary>
/// <param name="Silos">Silo processes to begin with.</param>
/// <param name="Azurite">Whether blobs are in Azurite, behind a proxy that can fail; else in a folder.</param>
/// <param name="Threads">Intra-op threads of each silo.</param>
/// <param name="Environment">Variables that the silos get.</param>
/// <param name="Options">Further options of the silos.</param>
/// <param name="Within">A program that the silos are started by, with its arguments.</param>
/// <param name="Tls">The certificate of silos and clients; null for no TLS.</param>
/// <param name="AzureTables">Whether silos find each other in Azurite's tables; else in Redis.</param>
/// <param name="Store">A store of the caller's own; null for one in the cluster's folder or in Azurite.</param>
internal sealed record ClusterSettings(
    int Silos, bool Azurite, int Threads = 1, IReadOnlyDictionary<string, string>? Environment = null, IReadOnlyList<string>? Options = null,
    IReadOnlyList<string>? Within = null, ClusterTlsOptions? Tls = null, bool AzureTables = false, string? Store = null)
{
    /// <summary>Options of a silo by its number.</summary>
    public Func<int, IReadOnlyList<string>> OptionsOf { get; init; } = _ => [];

    /// <summary>Where a silo finds the store, by its number, if not where all do.</summary>
    public Func<int, string?> StoreOf { get; init; } = _ => null;

    /// <summary>Variables of a silo by its number, beside those that all get.</summary>
    public Func<int, IReadOnlyDictionary<string, string>> EnvironmentOf { get; init; } = _ => new Dictionary<string, string>();
}
