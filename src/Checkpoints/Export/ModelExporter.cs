using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Writes a manifest's model as a Hugging Face folder, or its adapter as a PEFT folder, with nothing but the store: no Torch,
/// no silo.
/// </summary>
public static class ModelExporter
{
    /// <summary>The most bytes of a file of weights: Hugging Face's default for max_shard_size.</summary>
    public const long ShardBytes = 5_000_000_000;

    private static readonly string[] s_dtypeFields = ["torch_dtype", "dtype"];
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>
    /// Weights, config.json and tokenizer files. Each file appears whole or not at all; weights come first, and their index after
    /// the shards, so that a damaged blob leaves the files of an earlier export alone. One part's weights are in memory at a
    /// time.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="parts">Names of its parts in the order of the forward pass.</param>
    /// <param name="folder">Created if it does not exist.</param>
    /// <param name="cancellationToken">Cancels between two writes.</param>
    /// <exception cref="InvalidDataFileException">A blob is not what the manifest says.</exception>
    public static Task ExportAsync(
        IBlobStore store, Manifest manifest, IReadOnlyList<string> parts, string folder, CancellationToken cancellationToken) =>
        AdapterFiles.IsMadeBy(manifest)
            ? AdapterExporter.ExportAsync(store, manifest, parts, folder, cancellationToken)
            : ExportAsync(store, manifest, parts, folder, ShardBytes, cancellationToken);

    internal static async Task ExportAsync(
        IBlobStore store, Manifest manifest, IReadOnlyList<string> parts, string folder, long shardBytes, CancellationToken cancellationToken)
    {
        AdapterFiles.CheckFolder(folder, adapter: false);
        var tensors = await ExportedTensor.ListAsync(store, manifest, parts, cancellationToken).ConfigureAwait(false);
        var files = new Dictionary<string, byte[]>();
        foreach (var (name, blob) in manifest.Files)
        {
            using var content = await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
            files[name] = name == ModelFileNames.Config ? WithDtype(content.ToArray(), tensors[0].Tensor.DType) : content.ToArray();
        }

        Directory.CreateDirectory(folder);
        AtomicFile.DeleteUnfinished(folder);
        await WriteWeightsAsync(store, manifest, tensors, folder, shardBytes, cancellationToken).ConfigureAwait(false);
        await FolderFiles.WriteAsync(files, folder, cancellationToken).ConfigureAwait(false);
    }

    private static async Task WriteWeightsAsync(
        IBlobStore store, Manifest manifest, IReadOnlyList<ExportedTensor> tensors, string folder, long shardBytes,
        CancellationToken cancellationToken)
    {
        var sources = tensors.ToDictionary(t => t.Tensor.Name);
        using var opened = new OpenedParts(store, manifest);
        await WeightFiles.WriteAsync([.. tensors.Select(t => t.Tensor)], WriteAsync, folder, shardBytes, cancellationToken).ConfigureAwait(false);

        async Task WriteAsync(TensorSource tensor, Stream stream, CancellationToken token)
        {
            var source = sources[tensor.Name];
            var weight = await opened.FindAsync(source.Part, source.Name, token).ConfigureAwait(false);
            await weight.WriteAsync(stream, token).ConfigureAwait(false);
        }
    }

    /// <summary>A config.json that says in which dtype the weights are.</summary>
    public static byte[] WithDtype(byte[] config, TensorDType dtype)
    {
        var name = dtype switch
        {
            TensorDType.F32 => "float32",
            TensorDType.BF16 => "bfloat16",
            TensorDType.F16 => "float16",
            _ => throw new InvalidDataFileException(ModelFileNames.Config, $"weights are {dtype}; they must be F32, BF16 or F16"),
        };
        var root = JsonNode.Parse(config)!.AsObject();
        string[] fields = [.. s_dtypeFields.Where(root.ContainsKey)];
        if (fields.Length == 0) fields = [s_dtypeFields[0]];

        // A file that does not say means float32.
        if (fields.All(field => (root[field]?.GetValue<string>() ?? "float32") == name)) return config;
        foreach (var field in fields) root[field] = name;

        // A multimodal model repeats it for its text part.
        if (root["text_config"] is JsonObject text)
            foreach (var field in s_dtypeFields.Where(text.ContainsKey)) text[field] = name;
        return JsonSerializer.SerializeToUtf8Bytes(root, s_indented);
    }
}
