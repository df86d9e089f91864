using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>
/// A Hugging Face model folder, opened and strictly checked: config.json, and model.safetensors or, where it is not
/// there, the shards of model.safetensors.index.json. Weights stay in the mapped files until they are read. Owns the mappings.
/// </summary>
public sealed class ModelFolder : IDisposable
{
    /// <summary>Name of the file with the model's shape.</summary>
    public const string ConfigFile = ModelFileNames.Config;

    private readonly Dictionary<string, FolderTensor> _tensors;
    private readonly Dictionary<string, StoredWeight> _weights;

    private ModelFolder(string path, ModelConfig config, Dictionary<string, FolderTensor> tensors)
    {
        (Path, Config, _tensors, Names) = (path, config, tensors, FindNames(config, tensors.Keys));
        _weights = FindWeights();
        OtherTensors = [
            .. _tensors.Values.Where(t => config.IsOfOtherPart(t.Info.Name)).OrderBy(t => t.Info.Name, StringComparer.Ordinal).Select(Whole)];
    }

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>How its tensors are named.</summary>
    public TensorNames Names { get; }

    /// <summary>Tensors of a multimodal model's other parts, by their names in the folder; valid until this is disposed.</summary>
    public IReadOnlyList<TensorSource> OtherTensors { get; }

    /// <summary>The dtype that most weights are in, by its name; bfloat16 for those of 8 bits, which it holds exactly.</summary>
    public string Dtype
    {
        get
        {
            return _tensors[Names.Stored(Config.EmbeddingSpecs()[0].Name)].Info.DType switch
            {
                TensorDType.F32 or TensorDType.F64 => "float32",
                TensorDType.F16 => "float16",
                _ => "bfloat16",
            };
        }
    }

    /// <summary>Opens a folder and checks that it holds every tensor of its architecture, with the right shape.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="ofRun">Whether a run has begun with this model, perhaps by an older build that refused less. Default false.</param>
    /// <exception cref="ModelConfigException">config.json is missing or wrong.</exception>
    /// <exception cref="InvalidDataFileException">Weights are missing or wrong.</exception>
    public static ModelFolder Open(string path, bool ofRun = false)
    {
        if (File.Exists(path)) throw new ModelConfigException(path, "is a file; the Hugging Face model folder that it is in is needed");
        if (!Directory.Exists(path)) throw new ModelConfigException(path, "no such folder; a Hugging Face model folder is needed");
        var config = ModelConfigReader.ReadFile(System.IO.Path.Combine(path, ConfigFile), ofRun);
        var opened = new List<SafetensorsReader>();
        try
        {
            var tensors = new Dictionary<string, FolderTensor>();
            foreach (var (file, names) in FindFiles(path))
            {
                var reader = SafetensorsReader.OpenFile(file);
                opened.Add(reader);
                foreach (var name in names ?? reader.Tensors.Keys)
                {
                    if (!reader.Tensors.TryGetValue(name, out var info))
                        throw new InvalidDataFileException(file, $"tensor '{name}' is missing, though {WeightFiles.Index} says it is here");
                    tensors[name] = new FolderTensor(reader, file, info);
                }
            }

            return new ModelFolder(path, config, tensors);
        }
        catch
        {
            foreach (var reader in opened) reader.Dispose();
            throw;
        }
    }

    /// <summary>A weight in a given dtype, on the CPU; the caller owns it.</summary>
    public Tensor Read(string name, ScalarType dtype)
    {
        var stored = _weights[name].Read();
        if (stored.dtype == dtype) return stored;
        using (stored)
        {
            return stored.to(dtype).DetachFromDisposeScope();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var reader in _tensors.Values.Select(t => t.Reader).Distinct()) reader.Dispose();
    }

    private static IEnumerable<(string File, IReadOnlyList<string>? Names)> FindFiles(string path)
    {
        if (WeightFiles.FindMap(path) is { } map)
        {
            return map.GroupBy(e => e.Value, e => e.Key)
                .Select(g => (System.IO.Path.Combine(path, g.Key), (IReadOnlyList<string>?)[.. g]));
        }

        var single = System.IO.Path.Combine(path, WeightFiles.Single);
        return File.Exists(single)
            ? [(single, null)]
            : throw new InvalidDataFileException(
                path, $"has neither {WeightFiles.Single} nor {WeightFiles.Index}; only safetensors weights are read, never pickled "
                    + $"ones (.bin, .pt)");
    }

    // The first naming under which the embedding is found; the family's own if it is missing.
    private static TensorNames FindNames(ModelConfig config, IReadOnlyCollection<string> tensors)
    {
        var embedding = config.EmbeddingSpecs()[0].Name;
        return config.NameVariants
            .Where(v => embedding.StartsWith(v.Prefix, StringComparison.Ordinal))
            .Select(v => new TensorNames(v.Prefix, v.Stored))
            .FirstOrDefault(n => tensors.Contains(n.Stored(embedding)), TensorNames.AsInFamily);
    }

    // Every tensor of the architecture, checked, and no others.
    private Dictionary<string, StoredWeight> FindWeights()
    {
        // Checked first: the tensors of millions of layers must not even be listed.
        if (Config.NumHiddenLayers > _tensors.Count)
            throw new InvalidDataFileException(
                Path, $"has {_tensors.Count} tensors; {ConfigFile} says that the model has {Config.NumHiddenLayers} layers");

        var weights = Config.AllSpecs().ToDictionary(s => s.Name, s =>
        {
            var name = Names.Stored(s.Name);
            return StoredWeight.Find(s, name, _tensors, Config.Quantization)
                ?? throw new InvalidDataFileException(Path, $"tensor '{name}' is missing; {ConfigFile} says that the model has it");
        });

        // Only some of the matrices have 8 bits: they were quantised, and their scales are lost.
        if (weights.Values.OfType<Float8Weight>().FirstOrDefault() is { } bare
            && weights.Values.OfType<PlainWeight>().Any(w => w.Tensors[0].Info.Shape.Count > 1))
        {
            throw bare.Tensors[0].Wrong(
                $"is {bare.Tensors[0].Info.DType.Name()} beside matrices of more bits, which is how quantised ones are stored, "
                + $"and {ConfigFile} has no quantization_config that tells their scales");
        }

        var known = weights.Values.SelectMany(w => w.Tensors).Select(t => t.Info.Name).ToHashSet();
        var extra = _tensors.Values.FirstOrDefault(
            t => !known.Contains(t.Info.Name) && !Config.IsDerived(t.Info.Name) && !Config.IsOfOtherPart(t.Info.Name));
        return extra is null ? weights : throw extra.Wrong($"does not belong to a {Config.ModelType} model of this {ConfigFile}");
    }

    private TensorSource Whole(FolderTensor tensor)
    {
        // The export's config.json no longer says what such numbers mean.
        if (Config.Quantization is { Method: var method } && tensor.Info.DType.SizeInBytes() == 1)
            throw tensor.Wrong($"is {tensor.Info.DType.Name()}; outside of the text's part no weights quantised by {method} are supported");
        return new TensorSource(tensor.Info.Name, tensor.Info.DType, tensor.Info.Shape, tensor.Address);
    }
}
