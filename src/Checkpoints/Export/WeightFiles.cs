using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.Checkpoints;

/// <summary>Names of the files with a Hugging Face model's weights, and how they are written.</summary>
public static class WeightFiles
{
    /// <summary>All weights in one file.</summary>
    public const string Single = "model.safetensors";

    /// <summary>Which of several files holds which tensor.</summary>
    public const string Index = "model.safetensors.index.json";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Names of the files that a folder's weights are in, whether they are there or not: one, or all shards and then their index.</summary>
    /// <exception cref="InvalidDataFileException">The index cannot be read.</exception>
    public static IReadOnlyList<string> Of(string folder)
    {
        var index = Path.Combine(folder, Index);
        return File.Exists(index) ? [.. ReadIndex(index).Values.Distinct().Order(StringComparer.Ordinal), Index] : [Single];
    }

    /// <summary>Reads an index: from the name of each tensor to the name of its file, which is in the same folder.</summary>
    /// <exception cref="InvalidDataFileException">It is none.</exception>
    public static IReadOnlyDictionary<string, string> ReadIndex(string index)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(index), new JsonDocumentOptions { AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataFileException(index, "field 'weight_map' must be an object from tensor names to file names");
            }

            return map.EnumerateObject().ToDictionary(e => e.Name, e =>
                e.Value.ValueKind == JsonValueKind.String && e.Value.GetString() is { Length: > 0 } file
                && file == Path.GetFileName(file) && file.EndsWith(".safetensors", StringComparison.Ordinal)
                    ? file
                    : throw new InvalidDataFileException(
                        index, $"field 'weight_map.{e.Name}' must be the name of a .safetensors file in the same folder"));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped half of a surrogate pair.
            throw new InvalidDataFileException(index, JsonFault.Describe(e));
        }
    }

    /// <summary>Writes one file, or shards of limited size and then their index.</summary>
    /// <param name="tensors">What they hold, in the order in which it is written.</param>
    /// <param name="write">Writes the bytes of a tensor.</param>
    /// <param name="folder">Where they are to be.</param>
    /// <param name="shardBytes">The most bytes of a shard.</param>
    /// <param name="cancellationToken">Cancels between two writes.</param>
    public static async Task WriteAsync(
        IReadOnlyList<TensorSource> tensors, Func<TensorSource, Stream, CancellationToken, Task> write, string folder, long shardBytes,
        CancellationToken cancellationToken)
    {
        var shards = Split(tensors, shardBytes);
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        var index = Path.Combine(folder, Index);
        if (shards.Count == 1)
        {
            await SafetensorsWriter.WriteFileAsync(Path.Combine(folder, Single), shards[0], metadata, write, cancellationToken).ConfigureAwait(false);
            File.Delete(index);
            return;
        }

        // If this ends half-way, an older index would make one model of old and new shards.
        File.Delete(index);
        var map = new JsonObject();
        for (var i = 0; i < shards.Count; i++)
        {
            var file = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            await SafetensorsWriter.WriteFileAsync(Path.Combine(folder, file), shards[i], metadata, write, cancellationToken).ConfigureAwait(false);
            foreach (var tensor in shards[i]) map[tensor.Name] = file;
        }

        var content = new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = tensors.Sum(t => t.Length) },
            ["weight_map"] = map,
        };
        await AtomicFile.WriteAllBytesAsync(index, JsonSerializer.SerializeToUtf8Bytes(content, s_indented), cancellationToken).ConfigureAwait(false);
        File.Delete(Path.Combine(folder, Single));
    }

    private static List<List<TensorSource>> Split(IReadOnlyList<TensorSource> tensors, long shardBytes)
    {
        var shards = new List<List<TensorSource>> { new() };
        long size = 0;
        foreach (var tensor in tensors)
        {
            if (shards[^1].Count > 0 && size + tensor.Length > shardBytes)
            {
                shards.Add([]);
                size = 0;
            }

            shards[^1].Add(tensor);
            size += tensor.Length;
        }

        return shards;
    }
}
