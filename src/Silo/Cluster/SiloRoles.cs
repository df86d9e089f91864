using LisaOrleans.Grains;

namespace LisaOrleans.Silo;

/// <summary>What a silo says about itself in its metadata.</summary>
public static class SiloRoles
{
    /// <summary>Holds parts and computes.</summary>
    public const string Gpu = "gpu";

    /// <summary>Holds the grains that direct the training; best on a machine that is not taken away.</summary>
    public const string Control = ControlPlacement.Role;

    internal const string RolesKey = "lisa.roles";
    internal const string MemoryKey = "lisa.memory";
    internal const string MemoryFoundKey = "lisa.memory-found";
    internal const string ThreadsKey = "lisa.threads";
    internal const string MaxRunsKey = "lisa.max-runs";
    internal const string DeviceKey = "lisa.device";
    internal const string RatesKey = "lisa.rates";
    internal const string KindKey = "lisa.kind";
    internal const string VersionKey = "lisa.version";

    /// <summary>All roles.</summary>
    public static IReadOnlyList<string> All { get; } = [Gpu, Control];
}
