using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>The model that a finished run has made, in the store. Nothing of it is loaded yet.</summary>
public sealed class RunModel
{
    /// <summary>The manifest's property with the chat template that the run was trained with.</summary>
    internal const string TemplateProperty = "template";

    private readonly IBlobStore _store;
    private readonly IPartOptimizer _optimizer;
    private readonly Manifest _manifest;

    private RunModel(IBlobStore store, Manifest manifest, BlobRef blob, TrainingSpec spec, ModelConfig config)
    {
        (_store, _manifest, Version, Config) = (store, manifest, blob.Sha256, config);
        (Dtypes, _optimizer) = (PartDtypes.Parse(spec.Dtype, spec.OptimizerStateDtype), Optimizers.Of(spec));
    }

    /// <summary>SHA-256 of the manifest.</summary>
    public string Version { get; }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>The run's number formats.</summary>
    public PartDtypes Dtypes { get; }

    /// <summary>The chat template that it was trained with: one of <see cref="ChatTemplates.Names"/>.</summary>
    public string Template => TemplateOf(_manifest);

    /// <summary>
    /// The chat template that a manifest's run is trained with; older runs, which do not say, were begun with plain.
    /// </summary>
    internal static string TemplateOf(Manifest manifest) => manifest.Properties.GetValueOrDefault(TemplateProperty, "plain");

    /// <summary>Finds a run's model; null where there is no such run, or it is not done.</summary>
    /// <exception cref="InvalidDataFileException">The store holds something else.</exception>
    public static async Task<RunModel?> FindAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        if (!RunName.IsValid(run)) return null;
        var head = await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false);
        if (head?.Manifest is not { } blob) return null;
        var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken).ConfigureAwait(false);
        if (!manifest.Completed) return null;

        var spec = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken).ConfigureAwait(false);
        var (_, config) = await RunFiles.ReadConfigAsync(store, manifest, cancellationToken).ConfigureAwait(false);
        return new RunModel(store, manifest, blob, spec, config);
    }

    /// <summary>Loads the weights, the same that an export would write; the caller owns the model.</summary>
    public async Task<CausalLanguageModel> LoadAsync(CancellationToken cancellationToken)
    {
        var weights = new Dictionary<string, Tensor>();
        try
        {
            foreach (var part in PartName.All(Config.NumHiddenLayers))
            {
                if (!_manifest.Parts.TryGetValue(part, out var state))
                    throw new InvalidDataFileException($"manifest of {_manifest.Run}", $"field 'Parts' has no '{part}'");
                var blob = state.Optimizer ?? state.Weights;
                using var reader = SafetensorsReader.FromBlob(await _store.ReadAsync(blob, cancellationToken).ConfigureAwait(false), blob.Sha256);
                var specs = PartStorage.Specs(Config, part);
                var read = state.Optimizer is null
                    ? PartStorage.ToWeights(reader, blob.Sha256, specs, Dtypes, CPU)
                    : PartStorage.MastersToWeights(reader, blob.Sha256, specs, Dtypes, _optimizer);
                foreach (var (name, tensor) in read) weights.Add(name, tensor);
            }

            return new CausalLanguageModel(Config, Dtypes, weights);
        }
        catch
        {
            foreach (var tensor in weights.Values) tensor.Dispose();
            throw;
        }
    }

    /// <summary>Loads the tokenizer, the folder's own template, and the ids that end an answer.</summary>
    /// <param name="now">The time that the template takes as the present.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<ModelText> LoadTextAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        using var folder = await ManifestFolder.WriteAsync(_store, _manifest, cancellationToken).ConfigureAwait(false);
        return ModelText.Load(folder.Path, now);
    }
}
