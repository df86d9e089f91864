using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>
/// A Hugging Face model folder, opened and strictly checked: config.json, and model.safetensors or the shards of
/// model.safetensors.index.json. Weights stay in the mapped files until they are read. Owns the mappings.
/// </summary>
public sealed class ModelFolder : IDisposable
{
    /// <summary>Name of the file with the model's shape.</summary>
    public const string ConfigFile = ModelFileNames.Config;

    private readonly Dictionary<string, (SafetensorsReader Reader, string File)> _files;

    private ModelFolder(string path, ModelConfig config, Dictionary<string, (SafetensorsReader, string)> files) =>
        (Path, Config, _files, Names) = (path, config, files, FindNames(config, files.Keys));

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>How its tensors are named.</summary>
    public TensorNames Names { get; }

    /// <summary>The dtype that most weights are in, by its name.</summary>
    public string Dtype
    {
        get
        {
            var name = Names.Stored(Config.EmbeddingSpecs()[0].Name);
            return _files[name].Reader.Tensors[name].DType switch
            {
                TensorDType.F32 or TensorDType.F64 => "float32",
                TensorDType.BF16 => "bfloat16",
                _ => "float16",
            };
        }
    }

    /// <summary>Opens a folder and checks that it holds every tensor of its architecture, with the right shape.</summary>
    /// <exception cref="ModelConfigException">config.json is missing or wrong.</exception>
    /// <exception cref="InvalidDataFileException">Weights are missing or wrong.</exception>
    public static ModelFolder Open(string path)
    {
        if (!Directory.Exists(path)) throw new ModelConfigException(path, "no such folder; a Hugging Face model folder is needed");
        var config = ModelConfigReader.ReadFile(System.IO.Path.Combine(path, ConfigFile));
        var opened = new List<SafetensorsReader>();
        try
        {
            var files = new Dictionary<string, (SafetensorsReader, string)>();
            foreach (var (file, names) in FindWeights(path))
            {
                var reader = SafetensorsReader.OpenFile(file);
                opened.Add(reader);
                foreach (var name in names ?? reader.Tensors.Keys)
                {
                    if (!reader.Tensors.ContainsKey(name))
                        throw new InvalidDataFileException(file, $"tensor '{name}' is missing, though {WeightFiles.Index} says it is here");
                    files[name] = (reader, file);
                }
            }

            var folder = new ModelFolder(path, config, files);
            folder.Check();
            return folder;
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
        var stored = PartStorage.Read(_files[Names.Stored(name)].Reader, Names.Stored(name));
        if (stored.dtype == dtype) return stored;
        using (stored)
        {
            return stored.to(dtype).DetachFromDisposeScope();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var reader in _files.Values.Select(f => f.Reader).Distinct()) reader.Dispose();
    }

    private static IEnumerable<(string File, IReadOnlyList<string>? Names)> FindWeights(string path)
    {
        var index = System.IO.Path.Combine(path, WeightFiles.Index);
        if (!File.Exists(index))
        {
            var single = System.IO.Path.Combine(path, WeightFiles.Single);
            if (!File.Exists(single))
            {
                throw new InvalidDataFileException(
                    path, $"has neither {WeightFiles.Single} nor {WeightFiles.Index}; only safetensors weights are read, never pickled ones (.bin, .pt)");
            }

            return [(single, null)];
        }

        return WeightFiles.ReadIndex(index)
            .GroupBy(e => e.Value, e => e.Key)
            .Select(g => (System.IO.Path.Combine(path, g.Key), (IReadOnlyList<string>?)[.. g]));
    }

    // The first way to name them in which the embedding is there; the family's own where it is missing.
    private static TensorNames FindNames(ModelConfig config, IReadOnlyCollection<string> tensors)
    {
        var embedding = config.EmbeddingSpecs()[0].Name;
        return config.NameVariants
            .Where(v => embedding.StartsWith(v.Prefix, StringComparison.Ordinal))
            .Select(v => new TensorNames(v.Prefix, v.Stored))
            .FirstOrDefault(n => tensors.Contains(n.Stored(embedding)), TensorNames.AsInFamily);
    }

    private void Check()
    {
        // Checked first: the tensors of millions of layers must not even be listed.
        if (Config.NumHiddenLayers > _files.Count)
            throw new InvalidDataFileException(Path, $"has {_files.Count} tensors; {ConfigFile} says that the model has {Config.NumHiddenLayers} layers");

        var wanted = Config.AllSpecs();
        foreach (var spec in wanted)
        {
            var name = Names.Stored(spec.Name);
            if (!_files.TryGetValue(name, out var found))
                throw new InvalidDataFileException(Path, $"tensor '{name}' is missing; {ConfigFile} says that the model has it");

            var info = found.Reader.Tensors[name];
            if (!info.Shape.SequenceEqual(spec.Shape))
            {
                throw new InvalidDataFileException(
                    found.File,
                    $"tensor '{name}' has shape [{string.Join(", ", info.Shape)}]; {ConfigFile} makes it [{string.Join(", ", spec.Shape)}]");
            }

            if (info.DType is not (TensorDType.F64 or TensorDType.F32 or TensorDType.BF16 or TensorDType.F16))
                throw new InvalidDataFileException(found.File, $"tensor '{name}' is {info.DType}; weights must be F64, F32, BF16 or F16");
        }

        var known = wanted.Select(s => Names.Stored(s.Name)).ToHashSet();
        var extra = _files.Keys.FirstOrDefault(n => !known.Contains(n) && !Config.IsDerived(n));
        if (extra is not null)
        {
            throw new InvalidDataFileException(
                _files[extra].File, $"tensor '{extra}' does not belong to a {Config.ModelType} model of this {ConfigFile}");
        }
    }
}
