using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>Settings of <c>lisa silo</c> that say where it hears that its machine will be taken away.</summary>
internal static class PreemptionSettings
{
    public static readonly Setting Preemption = new(
        "preemption", SettingKind.Text, "cloud whose preemption notices to watch for", "none", ["none", .. PreemptionSources.Names]);
    public static readonly Setting EventsEndpoint = new(
        "scheduled-events-endpoint", SettingKind.Text,
        "URL of the cloud's notice service, if not the usual one; without --preemption it implies azure");
    public static readonly Setting MachineName = new(
        "machine-name", SettingKind.Text, "this machine's name in scheduled events (default: the host's name)");

    public static IReadOnlyList<Setting> All { get; } = [Preemption, EventsEndpoint, MachineName];
}
