using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Tests;

/// <summary>What an exported folder must be, seen from the folder that was trained.</summary>
internal static class FamilyExport
{
    /// <summary>SHA-256 of a folder's weights, names and all.</summary>
    public static string Sha(string folder) =>
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(folder, WeightFiles.Single))));

    /// <summary>
    /// What is not as it must be; empty if nothing is. The tensors have exactly the names and shapes of the model's. Each file
    /// beside them is the model's to the byte; only where the weights have come to another dtype does config.json say so, in the
    /// field in which it says it (dtype or torch_dtype, and the text's part of a multimodal model again), and nothing else in it
    /// is new. (Data with a chat template of our own also brings its end of turn and the template: no family's matter.)
    /// </summary>
    /// <param name="model">The folder that was trained.</param>
    /// <param name="export">What became of it.</param>
    /// <param name="dtype">The run's dtype, as config.json calls it.</param>
    public static IReadOnlyList<string> Faults(string model, string export, string dtype)
    {
        var faults = new List<string>();
        var (before, after) = (Shapes(model), Shapes(export));
        faults.AddRange(before.Keys.Except(after.Keys).Select(n => $"tensor {n} is gone"));
        faults.AddRange(after.Keys.Except(before.Keys).Select(n => $"tensor {n} is new"));
        faults.AddRange(before.Where(t => after.TryGetValue(t.Key, out var shape) && shape != t.Value).Select(t => $"tensor {t.Key} was {t.Value}"));

        foreach (var file in Directory.GetFiles(model).Where(f => !f.EndsWith(".safetensors", StringComparison.Ordinal)))
        {
            var copy = Path.Combine(export, Path.GetFileName(file));
            if (!File.Exists(copy)) faults.Add($"{Path.GetFileName(file)} is missing");
            else if (Path.GetFileName(file) == "config.json") faults.AddRange(ConfigFaults(file, copy, dtype));
            else if (!File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(copy))) faults.Add($"{Path.GetFileName(file)} differs");
        }

        return faults;
    }

    private static IEnumerable<string> ConfigFaults(string before, string after, string dtype)
    {
        var expected = JsonNode.Parse(File.ReadAllBytes(before))!.AsObject();
        var field = expected.ContainsKey("dtype") ? "dtype" : "torch_dtype";
        if ((string?)expected[field] == dtype)
        {
            if (!File.ReadAllBytes(before).AsSpan().SequenceEqual(File.ReadAllBytes(after))) yield return "config.json differs";
            yield break;
        }

        expected[field] = dtype;
        if (expected["text_config"] is JsonObject text && text.ContainsKey(field)) text[field] = dtype;
        var actual = JsonNode.Parse(File.ReadAllBytes(after));
        if (!JsonNode.DeepEquals(expected, actual)) yield return $"config.json is {actual!.ToJsonString()}; it must be {expected.ToJsonString()}";
    }

    private static Dictionary<string, string> Shapes(string folder)
    {
        using var reader = SafetensorsReader.OpenFile(Path.Combine(folder, WeightFiles.Single));
        return reader.Tensors.Values.ToDictionary(t => t.Name, t => $"[{string.Join(", ", t.Shape)}]");
    }
}
