namespace LisaOrleans.Cli;

/// <summary>Settings of <c>lisa plan</c> alone: what the run is to fit.</summary>
internal static class PlanSettings
{
    public static readonly Setting DeviceMemory = new(
        "device-memory-gb", SettingKind.Number, "gigabytes of a device: also say with which settings each method fits it; 0 for no device", "0");
    public static readonly Setting Cluster = new(
        "cluster", SettingKind.Text,
        "plan for machines instead, described by a YAML file or as count=8,device=gpu,memory_gb=24,tflops=60: docs/scale.md has all fields");
    public static readonly Setting Trace = new(
        "trace", SettingKind.Path,
        "file of milliseconds,add|remove,node: how spot machines came and went; simulate the run on those of --cluster while they do the same");

    public static IReadOnlyList<Setting> All { get; } = [DeviceMemory, Cluster, Trace];
}
