namespace LisaOrleans.Cli;

/// <summary>The settings of the commands that look after a store.</summary>
internal static class StoreSettings
{
    public static readonly Setting From = new(
        "from", SettingKind.Text, "store that has whole what is damaged or missing here; written as --store is");

    public static readonly Setting To = new("to", SettingKind.Text, "store to copy the run to; written as --store is");

    public static readonly Setting DryRun = new("dry-run", SettingKind.Flag, "only say what would be deleted", "false");

    public static readonly Setting MinAge = new(
        "min-age-hours", SettingKind.Number, "spare what is younger: it may belong to a run or an upload that is just being written", "24");

    public static readonly Setting Keep = new(
        "keep", SettingKind.Text,
        "manifests of each run to keep, as --keep-manifests says it; those that are not kept go (default: all that the runs keep)");

    private static readonly Setting[] s_store = [KnownSettings.ClusterStore, KnownSettings.S3Endpoint, KnownSettings.S3Region];

    /// <summary>Those of list, sizes and verify.</summary>
    public static IReadOnlyList<Setting> Look { get; } = [.. s_store, KnownSettings.LogFormat];

    public static IReadOnlyList<Setting> Repair { get; } = [.. Look, From];

    public static IReadOnlyList<Setting> Copy { get; } = [.. KnownSettings.Show, To];

    public static IReadOnlyList<Setting> Prune { get; } = [.. Look, Keep, MinAge, DryRun];

    /// <summary>All that is not a setting of other commands too.</summary>
    public static IReadOnlyList<Setting> All { get; } = [From, To, Keep, DryRun, MinAge];
}
