using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.DependencyInjection;

namespace LisaOrleans.Api;

/// <summary>
/// The folders of the models folder by their names, and the store's finished runs by theirs: alone, or as the end of an
/// OpenAI name (<c>ft:…:RUN</c>). A folder goes before a run of its name.
/// </summary>
internal sealed class ServableModelCatalog(InferenceOptions options, IBlobStore store, IServiceProvider services)
    : IModelCatalog
{
    private const string FineTuned = "ft:";

    public async Task<ServableModel?> FindAsync(string name, CancellationToken cancellationToken)
    {
        // A name becomes part of a path, so it must be one that a run may have as well: no separators, no dots in front.
        if (options.ModelsFolder is { } models && RunName.IsValid(name) && Path.Combine(models, name) is var folder
            && File.Exists(Path.Combine(folder, ModelFolder.ConfigFile)))
        {
            return FolderModel.Open(folder, options.Template);
        }

        // The model of a job has a name of its own, and may have been deleted while its run is still there.
        if (ApiIds.IsId(name, ApiIds.JobPrefix)) return null;
        var run = ModelIds.JobOf(name) is not null && services.GetService<ModelCatalog>() is { } tuned
            ? (await tuned.FindAsync(name, cancellationToken).ConfigureAwait(false))?.Run
            : name.StartsWith(FineTuned, StringComparison.Ordinal) ? name[(name.LastIndexOf(':') + 1)..] : name;
        if (run is null) return null;
        return await RunModel.FindAsync(store, run, cancellationToken).ConfigureAwait(false) is { } found ? new FinishedRunModel(found) : null;
    }
}
