using System.Globalization;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa diff A@x B@y</c>: settings, data and parts in which two manifests differ, and by how much.</summary>
internal static class DiffCommand
{
    /// <summary>What stands between the two addresses, which hold none themselves.</summary>
    public const char Separator = ' ';

    public static async Task<int> Run(SettingValues values, string? addresses, CancellationToken cancellationToken)
    {
        var (a, b) = addresses!.Split(Separator) is [var one, var two] ? (ManifestAddress.Parse(one), ManifestAddress.Parse(two))
            : throw new UsageException("give two manifests, such as RUN@10 RUN@20");
        var store = await ClusterStores.Open(values, cancellationToken, mustExist: true);
        var (had, now, (settings, data, parts)) = await RunReading.FollowAsync(
            store, a, () => RunReading.FollowAsync(store, b, CompareAsync, cancellationToken), cancellationToken);
        if (values.Text(KnownSettings.LogFormat) == "json")
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                a = $"{had.Run}@{had.Step}",
                b = $"{now.Run}@{now.Step}",
                settings,
                data,
                parts = parts.Select(p => new { part = p.Part, l2 = p.L2, max = p.Max, numbers = p.Numbers }),
            }));
            return ExitCodes.Done;
        }

        foreach (var line in settings.Select(s => $"setting {s}").Concat(data)) Console.WriteLine(line);
        foreach (var p in parts.Where(p => p.Numbers > 0))
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{p.Part,-12}L2 {p.L2:0.000e+00}  max {p.Max:0.000e+00}  {p.Numbers} numbers differ"));
        }

        var same = parts.Count(p => p.Numbers == 0);
        Console.WriteLine(same == parts.Count ? "all parts have the same weights" : $"{same} of {parts.Count} parts have the same weights");
        return ExitCodes.Done;

        async Task<(Manifest Had, Manifest Now, ManifestComparison Comparison)> CompareAsync()
        {
            var (had, _) = await RunManifests.ReadAsync(store, a, cancellationToken);
            var (now, _) = await RunManifests.ReadAsync(store, b, cancellationToken);
            return (had, now, await ManifestComparison.MakeAsync(store, had, now, cancellationToken));
        }
    }
}
