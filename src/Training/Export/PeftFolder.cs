using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>
/// A PEFT adapter folder, opened and strictly checked against the model that it is for: adapter_config.json and
/// adapter_model.safetensors. Owns the mapped file.
/// </summary>
public sealed class PeftFolder : IDisposable
{
    private readonly SafetensorsReader _tensors;
    private readonly ModelConfig _config;
    private readonly Dictionary<string, string> _stored = [];

    private PeftFolder(string path, LoraOptions options, SafetensorsReader tensors, ModelConfig config)
    {
        (Path, Options, _tensors, _config) = (path, options, tensors, config);
        CheckTensors();
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Its adapters.</summary>
    public LoraOptions Options { get; }

    /// <summary>Opens a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="config">The model that it is to be used with.</param>
    /// <param name="isNew">
    /// Whether patterns that mean nothing, which PEFT lets pass, are refused, too. Default false: a run may have begun with some.
    /// </param>
    /// <exception cref="InvalidDataFileException">It is no PEFT folder of LoRA, or of another model, or needs what is not supported.</exception>
    public static PeftFolder Open(string path, ModelConfig config, bool isNew = false)
    {
        var file = System.IO.Path.Combine(path, AdapterFiles.Config);
        var options = ReadOptions(path);
        if (options.WrongTargets(config) is { } wrong) throw new InvalidDataFileException(file, $"field 'target_modules' {wrong}");
        var weights = System.IO.Path.Combine(path, AdapterFiles.Weights);
        if (!File.Exists(weights))
        {
            throw new InvalidDataFileException(
                path, $"has no {AdapterFiles.Weights}; only safetensors weights are read, never pickled ones (adapter_model.bin)");
        }

        var tensors = SafetensorsReader.OpenFile(weights);
        try
        {
            var opened = new PeftFolder(path, options, tensors, config);
            if (isNew) opened.CheckPatterns();
            return opened;
        }
        catch
        {
            tensors.Dispose();
            throw;
        }
    }

    /// <summary>A folder's adapters, by its adapter_config.json alone.</summary>
    /// <exception cref="InvalidDataFileException">It has none, or needs what is not supported.</exception>
    public static LoraOptions ReadOptions(string path)
    {
        var file = System.IO.Path.Combine(path, AdapterFiles.Config);
        return File.Exists(file)
            ? PeftConfig.Read(file)
            : throw new InvalidDataFileException(path, $"has no {AdapterFiles.Config}; a folder with a PEFT adapter is needed");
    }

    /// <summary>The model that a folder's adapter is for: a folder, or a name on the hub.</summary>
    /// <exception cref="InvalidDataFileException">The folder does not say.</exception>
    public static string BaseModelOf(string path) => PeftConfig.ReadBaseModel(System.IO.Path.Combine(path, AdapterFiles.Config));

    /// <summary>A layer's adapters in float32, in their order, on the CPU; the caller owns them.</summary>
    public IReadOnlyList<NamedTensor> Read(int layer) => [.. Options.Specs(_config, layer).Select(s =>
    {
        using var stored = PartStorage.Read(_tensors, _stored[s.Name]);
        return new NamedTensor(s.Name, stored.to(ScalarType.Float32, copy: true).DetachFromDisposeScope());
    })];

    /// <inheritdoc/>
    public void Dispose() => _tensors.Dispose();

    // A key that means nothing would leave a rank or an alpha out in silence.
    private void CheckPatterns()
    {
        var adapted = Enumerable.Range(0, _config.NumHiddenLayers).SelectMany(i => Options.Targets(_config, i)).Select(t => t.Map).ToArray();
        foreach (var (field, keys) in ((string, IEnumerable<string>)[])
            [("rank_pattern", Options.RankPattern.Keys), ("alpha_pattern", Options.AlphaPattern.Keys)])
        {
            if (keys.FirstOrDefault(k => !adapted.Any(m => m.IsNamed(k))) is { } unused)
            {
                throw new InvalidDataFileException(
                    System.IO.Path.Combine(Path, AdapterFiles.Config),
                    $"field '{field}' names '{unused}', which is no module with an adapter; it must be the whole name of one or its last "
                    + $"pieces, such as {adapted.FirstOrDefault()?.Name}");
            }
        }
    }

    // Every tensor of the adapters, and no others: one that is left out would change the model in silence.
    private void CheckTensors()
    {
        var file = System.IO.Path.Combine(Path, AdapterFiles.Weights);
        var names = _tensors.Tensors.Keys.ToDictionary(NameOf);
        foreach (var spec in Enumerable.Range(0, _config.NumHiddenLayers).SelectMany(i => Options.Specs(_config, i)))
        {
            if (!names.Remove(spec.Name, out var stored))
                throw new InvalidDataFileException(
                    file, $"tensor '{AdapterFiles.Prefix}{spec.Name}' is missing; {AdapterFiles.Config} says that it is there");
            var info = _tensors.Tensors[stored];
            if (!info.Shape.SequenceEqual(spec.Shape))
            {
                throw new InvalidDataFileException(
                    file, $"tensor '{stored}' has shape [{string.Join(", ", info.Shape)}]; for this model and {AdapterFiles.Config} it must be "
                        + $"[{string.Join(", ", spec.Shape)}]");
            }

            if (info.DType is not (TensorDType.F32 or TensorDType.F16 or TensorDType.BF16 or TensorDType.F64))
                throw new InvalidDataFileException(file, $"tensor '{stored}' is {info.DType.Name()}; it must be F32, F16 or BF16");
            _stored.Add(spec.Name, stored);
        }

        if (names.Count == 0) return;
        throw new InvalidDataFileException(
            file, $"tensor '{names.Values.First()}' is of no adapter that {AdapterFiles.Config} describes for this model");
    }

    // The name in the family.
    private static string NameOf(string stored)
    {
        var name = PeftNames.InFamily(
            stored.StartsWith(AdapterFiles.Prefix, StringComparison.Ordinal) ? stored[AdapterFiles.Prefix.Length..] : stored);
        return name.EndsWith(".lora_magnitude_vector.weight", StringComparison.Ordinal) ? name[..^".weight".Length] : name;
    }
}
