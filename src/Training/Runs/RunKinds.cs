using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// Of what kinds the processors and GPUs are that have computed a run, as its manifests say it. Kinds round sums differently, so the bits
/// of a run that several have computed are those of none.
/// </summary>
public static class RunKinds
{
    private const string Property = "computed_on";

    /// <summary>Those that have computed a manifest's state, as far as is known: older builds noted none.</summary>
    public static IReadOnlyList<string> Of(Manifest manifest)
    {
        if (!manifest.Properties.TryGetValue(Property, out var json)) return [];
        try
        {
            return JsonSerializer.Deserialize<string[]>(json) ?? [];
        }
        catch (JsonException)
        {
            throw new InvalidDataFileException($"manifest of {manifest.Run}", $"field 'Properties.{Property}' must hold an array of texts");
        }
    }

    /// <summary>Those of silos, in a stable order.</summary>
    public static IReadOnlyList<string> Of(IEnumerable<TrainingSilo> silos) => Sorted(silos.Select(s => s.Kind).OfType<string>());

    /// <summary>A manifest that further kinds go on with.</summary>
    public static Manifest Add(Manifest manifest, IReadOnlyList<string> kinds)
    {
        var (had, all) = (Of(manifest), With(manifest, kinds));
        return all.Count == had.Count ? manifest : manifest with
        {
            Properties = new Dictionary<string, string>(manifest.Properties) { [Property] = JsonSerializer.Serialize(all) },
        };
    }

    /// <summary>Those that have computed a manifest's state, and further ones that go on with it.</summary>
    public static IReadOnlyList<string> With(Manifest manifest, IReadOnlyList<string> kinds) =>
        Of(manifest) is var had && kinds.All(had.Contains) ? had : Sorted(had.Concat(kinds));

    /// <summary>The same where the bits that come are those of no single kind, while those of the manifest still are; else none.</summary>
    public static IReadOnlyList<string> Mixed(Manifest manifest, IReadOnlyList<string> kinds) =>
        Of(manifest).Count < 2 && With(manifest, kinds) is { Count: > 1 } all ? all : [];

    /// <summary>Kinds in words.</summary>
    public static string Describe(IEnumerable<string> kinds) => string.Join("; ", kinds);

    private static string[] Sorted(IEnumerable<string> kinds) => [.. kinds.Distinct().Order(StringComparer.Ordinal)];
}
