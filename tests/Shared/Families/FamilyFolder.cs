using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Model.Tests;

namespace LisaOrleans.Tests;

/// <summary>
/// Model folders such as a family's are on Hugging Face, but tiny: the family's names of tensors, its special features switched
/// on as in its reference, random weights, and the sample model's tokenizer with as many rows as that has tokens.
/// </summary>
internal static class FamilyFolder
{
    private const string ConfigFile = "config.json";

    /// <summary>Every family that can be trained, by its model_type.</summary>
    public static IReadOnlyList<string> Families { get; } = [.. ModelFamilies.All.Select(f => f.ModelType)];

    /// <summary>The first reference of a family: a family without one cannot be tested, and is said.</summary>
    public static Reference ReferenceOf(string family) =>
        References.All.FirstOrDefault(r => ModelConfigReader.Parse(r.Config, ConfigFile).ModelType == family)
        ?? throw new InvalidOperationException(
            $"family '{family}' has no reference in tests/Model.Tests/References/References.cs, of which a folder could be made");

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
        var json = reference.Config.Replace("\"vocab_size\": 29", "\"vocab_size\": 512", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, ConfigFile), json, cancellationToken);

        var config = ModelConfigReader.Parse(json, ConfigFile);
        var weights = TinyModel.Weights(config);
        try
        {
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

    // The text's part of a multimodal model has a longer prefix; of those that there were, the last is today's.
    private static string Stored(ModelConfig config, string name)
    {
        var (prefix, stored) = config.NameVariants[^1] is { Stored.Length: > 0 } longer ? longer : ("", "");
        return name.StartsWith(prefix, StringComparison.Ordinal) ? stored + name[prefix.Length..] : name;
    }
}
