using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>
/// The model that a command reads: a folder, or a manifest of a store, which lies in a temporary folder until this is disposed.
/// </summary>
internal sealed class ModelSource : IDisposable
{
    private readonly string? _temporary;

    // What made it; null where it is a folder, which does not say.
    private readonly (Manifest Manifest, TrainingSpec Spec)? _run;

    private ModelSource(AdaptedModel model) => Model = model;

    private ModelSource(string temporary, Manifest manifest, TrainingSpec spec)
    {
        Model = new AdaptedModel(temporary) { ComputeDtype = spec.ComputeDtype, OfRun = true };
        (_temporary, _run) = (temporary, (manifest, spec));
    }

    /// <summary>Its folder.</summary>
    public AdaptedModel Model { get; }

    /// <summary>The settings given; the longest sample is the run's where none is.</summary>
    public TrainingSpec Spec(SettingValues values) =>
        values.Training.Into(new TrainingSpec { RunName = TrainingSpec.DefaultRunName, BlockSize = _run?.Spec.BlockSize ?? 0 });

    /// <summary>How records become samples: as the run's own did, but for what is given.</summary>
    public DatasetSettings Dataset(SettingValues values) =>
        _run is { } run ? RunFiles.DataSettings(run.Manifest, run.Spec, values.Training) : values.Dataset();

    /// <summary>Finds it: with <c>--store</c>, <c>--model</c> names a run there.</summary>
    public static async Task<ModelSource> OpenAsync(SettingValues values, CancellationToken cancellationToken)
    {
        if (!values.Has(HistorySettings.ModelStore)) return new ModelSource(AdaptedModel.From(values));
        if (values.Has(KnownSettings.Adapter))
            throw new UsageException($"{values.Place(KnownSettings.Adapter.Key)}: a run of a store has its adapter with it; leave it out");
        var address = ManifestAddress.Parse(values.Text(KnownSettings.Model));
        var store = await ClusterStores.Open(values, cancellationToken, mustExist: true);
        try
        {
            return await OpenAsync(store, address, cancellationToken);
        }
        catch (DamagedBlobException e)
        {
            throw await RunBlobs.NameAsync(store, address.Run, e, cancellationToken);
        }
    }

    /// <summary>The model of a manifest, an adapter merged into it.</summary>
    public static async Task<ModelSource> OpenAsync(IBlobStore store, ManifestAddress address, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-model-").FullName;
        try
        {
            var (made, spec) = await RunReading.FollowAsync(
                store, address,
                async () =>
                {
                    var (manifest, _) = await RunManifests.ReadAsync(store, address, cancellationToken);
                    await RunExporter.ExportModelAsync(store, manifest, folder, cancellationToken);
                    return (manifest, await RunFiles.ReadSpecAsync(store, manifest, cancellationToken));
                },
                cancellationToken);
            return new ModelSource(folder, made, spec);
        }
        catch
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_temporary is not null) Directory.Delete(_temporary, recursive: true);
    }
}
