using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>
/// The model that a command reads: a folder, or a manifest of a store, which lies in a temporary folder until this is disposed.
/// </summary>
internal sealed class ModelSource : IDisposable
{
    private readonly string? _temporary;

    private ModelSource(AdaptedModel model, string? temporary) => (Model, _temporary) = (model, temporary);

    /// <summary>Its folder.</summary>
    public AdaptedModel Model { get; }

    /// <summary>Finds it: with <c>--store</c>, <c>--model</c> names a run there.</summary>
    public static async Task<ModelSource> OpenAsync(SettingValues values, CancellationToken cancellationToken)
    {
        if (!values.Has(HistorySettings.ModelStore)) return new ModelSource(AdaptedModel.From(values), null);
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
            var spec = await RunReading.FollowAsync(
                store, address,
                async () =>
                {
                    var (manifest, _) = await RunManifests.ReadAsync(store, address, cancellationToken);
                    await RunExporter.ExportModelAsync(store, manifest, folder, cancellationToken);
                    return await RunFiles.ReadSpecAsync(store, manifest, cancellationToken);
                },
                cancellationToken);
            return new ModelSource(new AdaptedModel(folder) { ComputeDtype = spec.ComputeDtype, OfRun = true }, folder);
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
