namespace LisaOrleans.Grains;

/// <summary>A silo that belongs to the cluster, or did until lately.</summary>
/// <param name="Address">Its address, as SiloAddress.ToParsableString prints it.</param>
/// <param name="State">Whether it lives.</param>
/// <param name="Roles">What it does; empty where it is not known.</param>
/// <param name="MemoryBytes">What it offers to tensors; 0 for no limit.</param>
/// <param name="Threads">Intra-op threads that it offers; 0 where it is not known.</param>
/// <param name="Version">Its program's version; null where it is not known.</param>
public sealed record SiloMember(
    string Address, MemberState State, IReadOnlyList<string> Roles, long MemoryBytes, int Threads, string? Version = null);
