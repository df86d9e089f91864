using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Training;

/// <summary>The model that a run has made, in the store. Nothing of it is loaded yet.</summary>
public sealed class RunModel
{
    /// <summary>The manifest's property with the chat template that the run was trained with.</summary>
    internal const string TemplateProperty = "template";

    private readonly IBlobStore _store;
    private readonly TrainingSpec _spec;
    private readonly Manifest _manifest;

    private RunModel(IBlobStore store, Manifest manifest, BlobRef blob, TrainingSpec spec, ModelConfig config, Func<ModelConfig, long>? room)
    {
        (_store, _manifest, _spec, Version, Config) = (store, manifest, spec, blob.Sha256, config);
        Dtypes = RunDtypes.OfAnswers(spec.Dtype, config, spec.ComputeDtype, room);
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
    /// <param name="manifest">The manifest.</param>
    public static string TemplateOf(Manifest manifest) => manifest.Properties.GetValueOrDefault(TemplateProperty, "plain");

    /// <summary>Finds a run's model; null where there is no such run, or it is not done.</summary>
    /// <exception cref="InvalidDataFileException">The store holds something else.</exception>
    public static async Task<RunModel?> FindAsync(IBlobStore store, string run, CancellationToken cancellationToken) =>
        RunName.IsValid(run) ? await FindAsync(store, ManifestAddress.Last(run), cancellationToken).ConfigureAwait(false) : null;

    /// <summary>
    /// Finds the model of a manifest: one that a run keeps, or the last of a run that is done. Null where there is none.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="address">The manifest.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="room">Bytes of memory for the weights of a model; null (default) for half of this machine's.</param>
    /// <exception cref="InvalidDataFileException">The store holds something else.</exception>
    public static async Task<RunModel?> FindAsync(
        IBlobStore store, ManifestAddress address, CancellationToken cancellationToken, Func<ModelConfig, long>? room = null)
    {
        if (await RunManifests.FindAsync(store, address.Run, cancellationToken).ConfigureAwait(false) is not { } manifests) return null;
        if (manifests.Find(address) is not { } blob) return null;
        var manifest = await manifests.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
        if (!manifest.Completed && address is { Step: null, IsBest: false }) return null;

        var spec = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken).ConfigureAwait(false);
        var (_, config) = await RunFiles.ReadConfigAsync(store, manifest, cancellationToken).ConfigureAwait(false);
        return new RunModel(store, manifest, blob, spec, config, room);
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
                await AddAsync(part, state).ConfigureAwait(false);
            }

            return new CausalLanguageModel(Config, Dtypes, weights, Methods.Adapters(_spec));
        }
        catch
        {
            foreach (var tensor in weights.Values) tensor.Dispose();
            throw;
        }

        async Task AddAsync(string part, PartState state)
        {
            var schema = PartSchema.Of(Config, _spec, part);
            if (state.Optimizer is null || schema.HasAdapters)
                await ReadAsync(state.Weights, (r, name) => PartStorage.ToWeights(r, name, schema.Weights, Dtypes, CPU)).ConfigureAwait(false);
            if (state.Optimizer is { } trained)
                await ReadAsync(trained, (r, name) => PartStorage.MastersToWeights(r, name, schema)).ConfigureAwait(false);
            else if (state.Adapter is { } adapter)
                await ReadAsync(adapter, (r, name) => PartStorage.ToWeights(r, name, schema.Adapters, Dtypes.OfAdapters, CPU)).ConfigureAwait(false);
        }

        async Task ReadAsync(BlobRef blob, Func<SafetensorsReader, string, Dictionary<string, Tensor>> read)
        {
            using var reader = SafetensorsReader.FromBlob(await _store.ReadAsync(blob, cancellationToken).ConfigureAwait(false), blob.Sha256);
            foreach (var (name, tensor) in read(reader, blob.Sha256)) weights.Add(name, tensor);
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
