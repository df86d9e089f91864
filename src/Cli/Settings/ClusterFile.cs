using LisaOrleans.Training;
using YamlDotNet.RepresentationModel;

namespace LisaOrleans.Cli;

/// <summary>Reads a cluster's description: a YAML file, or the same fields in one line for machines of one kind.</summary>
internal static class ClusterFile
{
    public const string MachinesKey = "machines";

    private const int MostMachines = 10_000;
    private const double Giga = 1e9;
    private const double BytesOfGigabit = 1e9 / 8;

    // A multiply-add is two operations.
    private const double MultiplyAddsOfTera = 1e12 / 2;

    /// <summary>The cluster that a setting names or describes.</summary>
    /// <exception cref="UsageException">There is no such file, or a field is wrong, missing or unknown.</exception>
    public static ClusterShape Read(SettingValues values)
    {
        var (text, place) = (values.Text(PlanSettings.Cluster), values.Place(PlanSettings.Cluster.Key));
        if (values.FullPath(PlanSettings.Cluster) is var path && File.Exists(path)) return OfFile(path, place);
        if (!text.Contains('=', StringComparison.Ordinal)) NamedFile.Existing(path, place);
        var fields = new ClusterFields(place);
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            if (part.Split('=', StringSplitOptions.TrimEntries) is not [{ Length: > 0 } name, { Length: > 0 } value])
                throw new UsageException($"{place}: '{part}' must be a field and its value, as in count=8");
            fields.Add(name, value, place);
        }

        var shape = Shape(fields, [Machine(fields)]);
        fields.RefuseOthers();
        return shape;
    }

    private static ClusterShape OfFile(string path, string place)
    {
        var root = SettingsFile.Root(path, place);
        if (!root.Children.TryGetValue(new YamlScalarNode(MachinesKey), out var listed)
            || listed is not YamlSequenceNode { Children.Count: > 0 } list || !list.All(m => m is YamlMappingNode))
            throw new UsageException($"{path}: {MachinesKey} must be a list of machines, each with count, device, memory_gb and tflops");
        MachineKind[] machines =
        [
            .. list.Cast<YamlMappingNode>().Select(m =>
            {
                var fields = ClusterFields.Of(path, m);
                var machine = Machine(fields);
                fields.RefuseOthers();
                return machine;
            }),
        ];
        if (machines.Sum(m => m.Count) > MostMachines) throw new UsageException($"{path}: {MachinesKey}: must be {MostMachines} at most in all");
        var rest = ClusterFields.Of(path, root);
        var shape = Shape(rest, machines);
        rest.RefuseOthers();
        return shape;
    }

    private static MachineKind Machine(ClusterFields fields) => new(
        fields.Count("count", MostMachines),
        fields.Word("device", "gpu", "cpu") == "gpu",
        (long)(fields.Number("memory_gb", 0, most: 1e6) * Giga),
        fields.Number("tflops", fallback: null, above: true) * MultiplyAddsOfTera);

    private static ClusterShape Shape(ClusterFields fields, IReadOnlyList<MachineKind> machines)
    {
        var usual = new ClusterShape { Machines = machines };
        return usual with
        {
            LinkBytesPerSecond = fields.Number("link_gbit", usual.LinkBytesPerSecond / BytesOfGigabit, above: true) * BytesOfGigabit,
            LinkLatency = fields.Number("link_latency_ms", usual.LinkLatency * 1000) / 1000,
            StoreBytesPerSecond = fields.Number("store_gbit", usual.StoreBytesPerSecond / BytesOfGigabit, above: true) * BytesOfGigabit,
            StoreLatency = fields.Number("store_latency_ms", usual.StoreLatency * 1000) / 1000,
            CopyBytesPerSecond = fields.Number("copy_gb", usual.CopyBytesPerSecond / Giga, above: true) * Giga,
            EvictionsPerHour = fields.Number("evictions_per_hour", usual.EvictionsPerHour),
            NoticeSeconds = fields.Number("notice_seconds", usual.NoticeSeconds),
            ReplacementSeconds = fields.Number("replacement_seconds", usual.ReplacementSeconds),
            Times = usual.Times with { Detection = fields.Number("detection_seconds", usual.Times.Detection) },
        };
    }
}
