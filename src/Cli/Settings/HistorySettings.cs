namespace LisaOrleans.Cli;

/// <summary>Settings by which commands name what is in a store.</summary>
internal static class HistorySettings
{
    public static readonly Setting Resume = new(
        "resume", SettingKind.Text, "run of the store to go on with: its model, data and settings are there, and need not be named again");

    public static readonly Setting ModelStore = new(
        "store", SettingKind.Text, "blob store with the run that --model names, as RUN, RUN@STEP or RUN@best");

    /// <summary>A model in a folder or a store.</summary>
    public static IReadOnlyList<Setting> AnyModel =>
        [KnownSettings.Model, KnownSettings.Adapter, ModelStore, KnownSettings.S3Endpoint, KnownSettings.S3Region];
}
