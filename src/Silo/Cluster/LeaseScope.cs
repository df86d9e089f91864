namespace LisaOrleans.Silo;

/// <summary>For whom a silo keeps the leases of the runs that are at work on it.</summary>
/// <param name="Cluster">Its cluster; null for a process of its own.</param>
/// <param name="Except">A run whose lease is kept by whoever started the silo; null (default) for none.</param>
public sealed record LeaseScope(string? Cluster, string? Except = null);
