using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LisaOrleans.Checkpoints;

/// <summary>Names of the files with a Hugging Face model's weights, which of them are read, and how they are written.</summary>
public static partial class WeightFiles
{
    /// <summary>All weights in one file.</summary>
    public const string Single = "model.safetensors";

    /// <summary>Which of several files holds which tensor.</summary>
    public const string Index = "model.safetensors.index.json";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Names of the files that a folder's weights are in, whether they are there or not: one, or all shards and then their index.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">Names of the files that are to be in it; null (default) for those that are there.</param>
    /// <exception cref="InvalidDataFileException">The index cannot be read.</exception>
    public static IReadOnlyList<string> Of(string folder, IReadOnlyCollection<string>? names = null) =>
        FindMap(folder, names) is { } map ? [.. map.Values.Distinct().Order(StringComparer.Ordinal), Index] : [Single];

    /// <summary>
    /// From the name of each tensor to the name of its file, as a folder's index says; null where all are in <see cref="Single"/>. As in
    /// transformers, that is so, too, where an index lies beside that file, unless the index itself names it.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="names">Names of the files that are to be in it; null (default) for those that are there.</param>
    /// <exception cref="InvalidDataFileException">The index cannot be read.</exception>
    public static IReadOnlyDictionary<string, string>? FindMap(string folder, IReadOnlyCollection<string>? names = null)
    {
        var index = Path.Combine(folder, Index);
        if (!File.Exists(index)) return null;
        var map = ReadIndex(index);
        return (names?.Contains(Single) ?? File.Exists(Path.Combine(folder, Single))) && !map.Values.Contains(Single) ? null : map;
    }

    /// <summary>What to say of an index whose files are not read; null where there is none.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InvalidDataFileException">The index cannot be read.</exception>
    public static string? DescribeUnread(string folder) =>
        File.Exists(Path.Combine(folder, Single)) && File.Exists(Path.Combine(folder, Index)) && FindMap(folder) is null
            ? $"{folder}: {Single} is read, and not the files that {Index} names; delete whichever is older"
            : null;

    /// <summary>
    /// Whether a name is that of a file with a model's weights, or of an index of such files: one that from_pretrained may read where
    /// nothing but the folder is given.
    /// </summary>
    public static bool IsKnown(string name) => name is Single or Index || Shard().IsMatch(name) || Pickled().IsMatch(name);

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
            DeleteOtherShards(folder, written: []);
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

        // It would be read before them.
        File.Delete(Path.Combine(folder, Single));
        await AtomicFile.WriteAllBytesAsync(index, JsonSerializer.SerializeToUtf8Bytes(content, s_indented), cancellationToken).ConfigureAwait(false);
        DeleteOtherShards(folder, [.. map.Select(e => e.Value!.GetValue<string>())]);
    }

    // Those of an earlier model, which may have had more of them.
    private static void DeleteOtherShards(string folder, HashSet<string> written)
    {
        foreach (var file in Directory.GetFiles(folder))
            if (Path.GetFileName(file) is var name && Shard().IsMatch(name) && !written.Contains(name)) File.Delete(file);
    }

    [GeneratedRegex(@"^model-[0-9]{5}-of-[0-9]{5}\.safetensors\z")]
    private static partial Regex Shard();

    [GeneratedRegex(@"^pytorch_model(-[0-9]{5}-of-[0-9]{5})?\.bin(\.index\.json)?\z")]
    private static partial Regex Pickled();

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
