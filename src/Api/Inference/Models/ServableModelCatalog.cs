using System.Collections.Concurrent;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.Extensions.DependencyInjection;

namespace LisaOrleans.Api;

/// <summary>
/// The subfolders of the models folder by their names, and the store's finished runs by theirs: alone, or as the end of an
/// OpenAI name (<c>ft:…:RUN</c>), and with <c>:ckpt-step-N</c> one of the manifests that a run keeps. A
/// folder takes precedence over a run of the same name.
/// </summary>
internal sealed class ServableModelCatalog(InferenceOptions options, IBlobStore store, IServiceProvider services)
    : IModelCatalog
{
    private const string FineTuned = "ft:";

    private readonly ConcurrentDictionary<string, FolderModel> _folders = new();

    public async Task<ServableModel?> FindAsync(string name, CancellationToken cancellationToken)
    {
        // The name becomes part of a path, so it must also be valid as the name of a run: no separators, no dot in front.
        if (options.ModelsFolder is { } models && RunName.IsValid(name) && Path.Combine(models, name) is var folder
            && File.Exists(Path.Combine(folder, ModelFolder.ConfigFile)))
        {
            // Otherwise each request would read the headers of all files of weights.
            return _folders[name] = ModelFiles.Read(
                folder, () => FolderModel.Open(folder, options.Template, _folders.GetValueOrDefault(name), Room));
        }

        // The model of a job has a name of its own, and may have been deleted while its run is still there.
        var (model, step) = ModelIds.Split(name);
        if (ApiIds.IsId(model, ApiIds.JobPrefix)) return null;
        var ofJobs = services.GetService<ModelCatalog>();
        if (ofJobs is not null && !await ofJobs.HasJobOfAsync(model, cancellationToken).ConfigureAwait(false)) ofJobs = null;
        var run = ofJobs is not null
            ? (await ofJobs.FindAsync(name, cancellationToken).ConfigureAwait(false))?.Run
            : model.StartsWith(FineTuned, StringComparison.Ordinal) ? model[(model.LastIndexOf(':') + 1)..] : model;
        if (run is null || !RunName.IsValid(run) || (ofJobs is null && ApiIds.IsId(run, ApiIds.JobPrefix))) return null;
        var address = step is { } number ? ManifestAddress.At(run, number) : ManifestAddress.Last(run);
        var found = await RunModel.FindAsync(store, address, cancellationToken, Room).ConfigureAwait(false);
        return found is null ? null : new FinishedRunModel(found);
    }

    private long Room(ModelConfig config) => ServableModel.RoomForWeights(config, options);
}
