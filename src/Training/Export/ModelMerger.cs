using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>Makes a whole model of a model and an adapter for it, as PEFT's merge_and_unload does.</summary>
public static class ModelMerger
{
    /// <summary>
    /// Writes a Hugging Face folder in which the adapted matrices are those that base and adapter make together, calculated in
    /// float32 and rounded once. One tensor is in memory at a time.
    /// </summary>
    /// <param name="baseFolder">The model's folder.</param>
    /// <param name="adapterFolder">The PEFT folder; its tokenizer and its chat template, if it has them, replace the model's.</param>
    /// <param name="dtype">float32, bfloat16 or float16; null for what the model is in.</param>
    /// <param name="output">Created if it does not exist.</param>
    /// <param name="cancellationToken">Cancels between two writes.</param>
    /// <param name="ofRun">Whether a run has made them, as <see cref="ModelFolder.Open"/> has it. Default false.</param>
    public static async Task MergeAsync(
        string baseFolder, string adapterFolder, string? dtype, string output, CancellationToken cancellationToken, bool ofRun = false)
    {
        AdapterFiles.CheckFolder(output, adapter: false);
        using var model = ModelFolder.Open(baseFolder, ofRun);
        using var adapter = PeftFolder.Open(adapterFolder, model.Config);
        var stored = PartDtypes.Parse(dtype ?? model.Dtype, "float32").Storage;
        var targets = Enumerable.Range(0, model.Config.NumHiddenLayers)
            .SelectMany(i => adapter.Options.Targets(model.Config, i).Select(t => (Layer: i, Target: t)))
            .ToDictionary(t => t.Target.Weight);
        var sources = model.Config.AllSpecs().ToDictionary(s => model.Names.Stored(s.Name), s => s.Name);
        var others = model.OtherTensors.ToDictionary(t => t.Name);
        TensorSource[] tensors =
        [
            .. model.Config.AllSpecs().Select(s => new TensorSource(model.Names.Stored(s.Name), PartStorage.ToDType(stored), s.Shape, 0)),
            .. model.OtherTensors,
        ];
        Directory.CreateDirectory(output);
        AtomicFile.DeleteUnfinished(output);
        await WeightFiles.WriteAsync(tensors, WriteAsync, output, ModelExporter.ShardBytes, cancellationToken);
        var files = await new AdaptedText(baseFolder, adapterFolder).ReadAsync(cancellationToken);
        files[ModelFileNames.Config] = ModelExporter.WithDtype(
            TrainedFiles.WithoutQuantization(files[ModelFileNames.Config]), PartStorage.ToDType(stored));
        await FolderFiles.WriteAsync(files, output, cancellationToken);

        async Task WriteAsync(TensorSource tensor, Stream stream, CancellationToken token)
        {
            if (others.TryGetValue(tensor.Name, out var other))
            {
                await WeightViewOf(other.Name, other.DType, other.Shape, other.Data).WriteAsync(stream, token);
                return;
            }

            using var value = Read(sources[tensor.Name]);
            await WeightViewOf(tensor.Name, tensor.DType, tensor.Shape, TensorMemory.Address(value)).WriteAsync(stream, token);
        }

        Tensor Read(string name)
        {
            if (!targets.TryGetValue(name, out var found)) return model.Read(name, stored);
            using var mode = no_grad();
            using var scope = NewDisposeScope();
            var (layer, target) = found;
            var weight = model.Read(name, ScalarType.Float32);
            var parameters = adapter.Read(layer).ToDictionary(t => t.Name, t => t.Value);
            var transposed = target.Map.Transposed;
            var merged = LoraWeights.Merged(
                transposed ? weight.t() : weight, parameters[target.A], parameters[target.B],
                target.Dora ? parameters[target.Magnitude] : null, target.Scaling);
            foreach (var parameter in parameters.Values) parameter.Dispose();
            weight.Dispose();
            return (transposed ? merged.t() : merged).contiguous().to(stored, copy: true).DetachFromDisposeScope();
        }
    }

    private static WeightView WeightViewOf(string name, TensorDType dtype, IReadOnlyList<long> shape, nint data) =>
        new(name, dtype, shape, dtype, data);
}
