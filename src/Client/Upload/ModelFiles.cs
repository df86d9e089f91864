using System.Text.Json;

namespace LisaOrleans.Client;

/// <summary>Which files of a model folder the cluster needs. Others, pickled weights for one, stay where they are.</summary>
internal static class ModelFiles
{
    private const string Index = "model.safetensors.index.json";
    private const string Weights = "model.safetensors";

    private static readonly string[] s_names =
    [
        "config.json", "generation_config.json", "tokenizer.model", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json",
        "added_tokens.json", "vocab.json", "merges.txt", "chat_template.jinja",
    ];

    /// <summary>Full paths of those that are there. What is missing or wrong in them the cluster says.</summary>
    /// <exception cref="InvalidTrainingInputException">There is no such folder, or its index of weights cannot be read.</exception>
    public static IReadOnlyList<string> Of(string folder)
    {
        if (!Directory.Exists(folder)) throw new InvalidTrainingInputException($"{folder}: no such folder; a Hugging Face model folder is needed");
        var index = Path.Combine(folder, Index);
        var weights = File.Exists(index) ? Shards(index).Append(Index) : [Weights];
        return [.. s_names.Concat(weights).Select(name => Path.Combine(folder, name)).Where(File.Exists)];
    }

    private static HashSet<string> Shards(string index)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(index));
            var shards = document.RootElement.GetProperty("weight_map").EnumerateObject().Select(t => t.Value.GetString() ?? "").ToHashSet();
            return shards.FirstOrDefault(s => s != Path.GetFileName(s) || s.Length == 0) is { } outside
                ? throw new InvalidTrainingInputException($"{index}: '{outside}' is no file of the same folder")
                : shards;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new InvalidTrainingInputException($"{index}: field 'weight_map' must be an object from tensor names to file names ({e.Message})");
        }
    }
}
