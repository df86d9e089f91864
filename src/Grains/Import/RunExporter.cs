using System.Text.Json;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains;

/// <summary>Writes a run's last manifest as a Hugging Face folder.</summary>
public static class RunExporter
{
    // Hugging Face's default for max_shard_size.
    private const long ShardBytes = 5_000_000_000;

    /// <summary>config.json, tokenizer files and weights. Each file appears whole or not at all, the weights' index last.</summary>
    public static Task ExportAsync(IBlobStore store, string run, string outputFolder, CancellationToken cancellationToken) =>
        ExportAsync(store, run, outputFolder, ShardBytes, cancellationToken);

    /// <summary>The records of all steps up to the last manifest.</summary>
    public static async Task<IReadOnlyList<StepRecord>> ReadHistoryAsync(IBlobStore store, string run, CancellationToken cancellationToken) =>
        (await RunHistory.Read(store, await ReadManifest(store, run, cancellationToken), cancellationToken)).Records;

    internal static async Task ExportAsync(
        IBlobStore store, string run, string outputFolder, long shardBytes, CancellationToken cancellationToken)
    {
        var manifest = await ReadManifest(store, run, cancellationToken);
        var plan = await RunPlan.Read(store, manifest, cancellationToken);
        var dtypes = PartDtypes.Parse(plan.Spec.Dtype, plan.Spec.OptimizerStateDtype);
        Directory.CreateDirectory(outputFolder);
        AtomicFile.DeleteUnfinished(outputFolder);

        foreach (var (name, blob) in manifest.Files)
        {
            using var content = await store.ReadAsync(blob, cancellationToken);
            var bytes = content.ToArray();
            if (name == ModelFolder.ConfigFile) bytes = WithDtype(bytes, plan.Spec.Dtype);
            await AtomicFile.WriteAllBytesAsync(Path.Combine(outputFolder, Path.GetFileName(name)), bytes, cancellationToken);
        }

        using var weights = new OpenWeights();
        foreach (var part in plan.Parts) await weights.Add(store, manifest.Parts[part], dtypes, cancellationToken);
        var order = PartSchema.All(plan.Config).Select((s, i) => (s.Name, i)).ToDictionary(s => s.Name, s => s.i);
        var tensors = weights.Sources.OrderBy(t => order[t.Name]).ToArray();
        await WriteShards(tensors, outputFolder, shardBytes, cancellationToken);
    }

    private static async Task<Manifest> ReadManifest(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        RunName.Validate(run);
        var head = await RunStore.ReadHeadAsync(store, run, cancellationToken);
        return head?.Manifest is { } blob
            ? await RunStore.ReadManifestAsync(store, blob, cancellationToken)
            : throw new InvalidDataFileException(store.Location, $"has no run '{run}'");
    }

    private static byte[] WithDtype(byte[] config, string dtype)
    {
        var root = JsonNode.Parse(config)!.AsObject();
        var name = root.ContainsKey("dtype") && !root.ContainsKey("torch_dtype") ? "dtype" : "torch_dtype";
        if (root[name]?.GetValue<string>() == dtype) return config;
        root[name] = dtype;
        return JsonSerializer.SerializeToUtf8Bytes(root, new JsonSerializerOptions { WriteIndented = true });
    }

    private static async Task WriteShards(TensorSource[] tensors, string folder, long shardBytes, CancellationToken cancellationToken)
    {
        var shards = Split(tensors, shardBytes);
        var metadata = new Dictionary<string, string> { ["format"] = "pt" };
        var index = Path.Combine(folder, ModelFolder.IndexFile);
        if (shards.Count == 1)
        {
            await SafetensorsWriter.WriteFileAsync(Path.Combine(folder, ModelFolder.WeightsFile), shards[0], metadata, cancellationToken);
            File.Delete(index);
            return;
        }

        // An older index would make one model of old and new shards, should this end half-way.
        File.Delete(index);
        var map = new JsonObject();
        for (var i = 0; i < shards.Count; i++)
        {
            var file = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
            await SafetensorsWriter.WriteFileAsync(Path.Combine(folder, file), shards[i], metadata, cancellationToken);
            foreach (var tensor in shards[i]) map[tensor.Name] = file;
        }

        var content = new JsonObject
        {
            ["metadata"] = new JsonObject { ["total_size"] = tensors.Sum(Bytes) },
            ["weight_map"] = map,
        };
        await AtomicFile.WriteAllBytesAsync(
            index, JsonSerializer.SerializeToUtf8Bytes(content, new JsonSerializerOptions { WriteIndented = true }), cancellationToken);
        File.Delete(Path.Combine(folder, ModelFolder.WeightsFile));
    }

    private static List<List<TensorSource>> Split(TensorSource[] tensors, long shardBytes)
    {
        var shards = new List<List<TensorSource>> { new() };
        long size = 0;
        foreach (var tensor in tensors)
        {
            if (shards[^1].Count > 0 && size + Bytes(tensor) > shardBytes)
            {
                shards.Add([]);
                size = 0;
            }

            shards[^1].Add(tensor);
            size += Bytes(tensor);
        }

        return shards;
    }

    private static long Bytes(TensorSource tensor) => tensor.Shape.Aggregate((long)tensor.DType.SizeInBytes(), (a, b) => a * b);

    /// <summary>The tensors of all parts, mapped from blobs or rounded from training state. Owns both.</summary>
    private sealed class OpenWeights : IDisposable
    {
        private const string Master = ".master";
        private readonly List<IDisposable> _owned = [];

        public List<TensorSource> Sources { get; } = [];

        public async Task Add(IBlobStore store, PartState state, PartDtypes dtypes, CancellationToken cancellationToken)
        {
            var blob = state.Optimizer ?? state.Weights;
            var reader = SafetensorsReader.FromBlob(await store.ReadAsync(blob, cancellationToken), blob.Sha256);
            _owned.Add(reader);
            foreach (var (name, info) in reader.Tensors)
            {
                if (state.Optimizer is null) Sources.Add(new TensorSource(name, info.DType, info.Shape, reader.Pointer(info)));
                else if (name.EndsWith(Master, StringComparison.Ordinal)) AddRounded(reader, name, dtypes.Storage);
            }
        }

        public void Dispose()
        {
            foreach (var owned in _owned) owned.Dispose();
        }

        private void AddRounded(SafetensorsReader reader, string name, ScalarType dtype)
        {
            using var master = PartStorage.Read(reader, name);
            var rounded = master.to(dtype, copy: true).DetachFromDisposeScope();
            _owned.Add(rounded);
            Sources.Add(new TensorSource(
                name[..^Master.Length], PartStorage.ToDType(dtype), rounded.shape, TensorMemory.Address(rounded)));
        }
    }
}
