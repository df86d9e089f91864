using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Model.Tests;
using TorchSharp;

namespace LisaOrleans.Tests;

/// <summary>
/// Model folders such as a family's are on Hugging Face, but tiny: the family's names of tensors, its special features switched
/// on as in its reference, random weights, and the sample model's tokenizer with as many rows as that has tokens.
/// </summary>
internal static class FamilyFolder
{
    private const string ConfigFile = "config.json";

    // Of a multimodal model's other parts, which training only carries along.
    private const string VisionTower = "model.vision_tower.embeddings.weight";

    /// <summary>Every model_type that can be trained: of each family, and of the multimodal models around it.</summary>
    public static IReadOnlyList<string> Families { get; } = [.. ModelFamilies.All.SelectMany(f => (string[])[f.ModelType, .. f.Wrappers]).Distinct()];

    /// <summary>The first reference of a model_type: a family without one cannot be tested, and is said.</summary>
    public static Reference ReferenceOf(string family) =>
        References.All.FirstOrDefault(r => (string?)JsonNode.Parse(r.Config)!["model_type"] == family)
        ?? throw new InvalidOperationException(
            $"model_type '{family}' has no reference in tests/Model.Tests/References/References.cs, of which a folder could be made");

    /// <summary>Writes the folder of a family.</summary>
    public static Task WriteAsync(string folder, string family, CancellationToken cancellationToken) =>
        WriteAsync(folder, ReferenceOf(family), null, cancellationToken);

    /// <summary>Writes the folder of a reference.</summary>
    /// <param name="folder">Where; made if it is not there.</param>
    /// <param name="reference">Whose config.json it is.</param>
    /// <param name="names">Under which names a tensor of the family is stored; null for those of the family's folders.</param>
    /// <param name="cancellationToken">Cancels between two files.</param>
    public static async Task WriteAsync(
        string folder, Reference reference, Func<string, string[]>? names, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "samples", "tiny-stories"), "token*"))
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(folder, ConfigFile), Json(reference), cancellationToken);
        await WriteWeightsAsync(folder, reference, names, cancellationToken);
    }

    /// <summary>
    /// Writes the weights of a reference's folder only; see
    /// <see cref="WriteAsync(string, Reference, Func{string, string[]}, CancellationToken)"/>.
    /// </summary>
    public static async Task WriteWeightsAsync(
        string folder, Reference reference, Func<string, string[]>? names, CancellationToken cancellationToken)
    {
        var config = ModelConfigReader.Parse(Json(reference), ConfigFile);
        var weights = TinyModel.Weights(config);
        try
        {
            if (config.NameVariants[^1].Stored.Length > 0) weights[VisionTower] = torch.ones(2, 3);
            var tensors = weights.SelectMany(w => (names?.Invoke(w.Key) ?? [Stored(config, w.Key)])
                .Select(n => new TensorSource(n, TensorDType.F32, w.Value.shape, TensorMemory.Address(w.Value))));
            await SafetensorsWriter.WriteFileAsync(
                Path.Combine(folder, WeightFiles.Single), [.. tensors], new Dictionary<string, string>(), cancellationToken);
        }
        finally
        {
            foreach (var weight in weights.Values) weight.Dispose();
        }
    }

    /// <summary>The bytes of a folder's tensors, by their names.</summary>
    public static SortedDictionary<string, byte[]> Read(string folder)
    {
        using var reader = SafetensorsReader.OpenFile(Path.Combine(folder, WeightFiles.Single));
        return new SortedDictionary<string, byte[]>(
            reader.Tensors.Values.ToDictionary(t => t.Name, reader.ReadBytes), StringComparer.Ordinal);
    }

    private static string Json(Reference reference) =>
        reference.Config.Replace("\"vocab_size\": 29", "\"vocab_size\": 512", StringComparison.Ordinal);

    // The text's part of a multimodal model has a longer prefix; of those that there were, the last is today's.
    private static string Stored(ModelConfig config, string name)
    {
        if (config.IsOfOtherPart(name)) return name;
        var (prefix, stored) = config.NameVariants[^1] is { Stored.Length: > 0 } longer ? longer : ("", "");
        return name.StartsWith(prefix, StringComparison.Ordinal) ? stored + name[prefix.Length..] : name;
    }
}
