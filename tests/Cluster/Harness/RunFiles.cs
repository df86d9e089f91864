using System.Security.Cryptography;
using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cluster;

/// <summary>Compares the folders that two runs wrote.</summary>
internal static class RunFiles
{
    /// <summary>What differs in tensors (by SHA-256), in the log's digits, or in the ledger's samples; empty if nothing does.</summary>
    public static IReadOnlyList<string> Differences(string expected, string actual)
    {
        var differences = new List<string>();
        var (a, b) = (Tensors(expected), Tensors(actual));
        differences.AddRange(a.Keys.Union(b.Keys).Where(k => a.GetValueOrDefault(k) != b.GetValueOrDefault(k)).Select(k => $"tensor {k}"));
        differences.AddRange(Lines(expected, actual, "trainer_log.jsonl", ["step", "loss", "learning_rate", "grad_norm", "epoch", "active_layers"]));
        differences.AddRange(Lines(expected, actual, "ledger.jsonl", ["step", "epoch", "samples"]));
        return differences;
    }

    private static Dictionary<string, string> Tensors(string folder)
    {
        using var reader = SafetensorsReader.OpenFile(
            ((string[])[AdapterFiles.Weights, WeightFiles.Single]).Select(f => Path.Combine(folder, f)).First(File.Exists));
        return reader.Tensors.ToDictionary(t => t.Key, t => Convert.ToHexStringLower(SHA256.HashData(reader.ReadBytes(t.Value))));
    }

    private static IEnumerable<string> Lines(string expected, string actual, string file, string[] fields)
    {
        var (a, b) = (Read(expected), Read(actual));
        if (a.Length != b.Length) yield return $"{file}: {a.Length} and {b.Length} lines";
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
            if (a[i] != b[i]) yield return $"{file}: line {i + 1}: {a[i]} and {b[i]}";

        string[] Read(string folder) => [.. File.ReadLines(Path.Combine(folder, file)).Select(line =>
        {
            using var document = JsonDocument.Parse(line);
            return string.Join(' ', fields.Select(f => document.RootElement.GetProperty(f).GetRawText()));
        })];
    }
}
