using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <summary>The models that requests may name: the base models in a folder, and what jobs have made of them.</summary>
internal sealed partial class ModelCatalog(
    ApiServerOptions options, IBlobStore store, JobCatalog jobs, JobReader reader, ILogger<ModelCatalog> logger)
{
    /// <summary>All models, base models first. Of a run that is damaged there is none.</summary>
    public async Task<IReadOnlyList<CatalogModel>> ListAsync(CancellationToken cancellationToken)
    {
        var tuned = new List<CatalogModel>();
        foreach (var job in await jobs.ListAsync(cancellationToken))
        {
            try
            {
                if (await TunedAsync(job, cancellationToken) is { } model) tuned.Add(model);
            }
            catch (Exception e) when (e is InvalidDataFileException or DamagedBlobException)
            {
                LogDamaged(job.Id, e.Message);
            }
        }

        return [.. BaseModels(), .. tuned];
    }

    /// <summary>Whether there is a job whose model a name is to mean, by its end. The job stays when its model is deleted.</summary>
    public async Task<bool> HasJobOfAsync(string model, CancellationToken cancellationToken) =>
        ModelIds.JobOf(model) is { } job && await jobs.FindAsync(job, cancellationToken) is not null;

    /// <summary>A model by its name, or null.</summary>
    public async Task<CatalogModel?> FindAsync(string id, CancellationToken cancellationToken)
    {
        var (model, step) = ModelIds.Split(id);
        if (ModelIds.JobOf(model) is { } name)
        {
            if (await jobs.FindAsync(name, cancellationToken) is not { } job || job.FineTunedModel != model) return null;
            return step is { } number ? await CheckpointAsync(job, id, number, cancellationToken) : await TunedAsync(job, cancellationToken);
        }

        return ModelIds.IsFolderName(id) ? BaseModel(id) : null;
    }

    /// <summary>A model by its name, which must exist.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public async Task<CatalogModel> GetAsync(string id, CancellationToken cancellationToken) =>
        await FindAsync(id, cancellationToken)
            ?? throw ApiException.NotFound($"The model '{ApiText.Shorten(id)}' does not exist; GET /v1/models lists those that do", "model", "model_not_found");

    /// <summary>A model that a job is to begin with.</summary>
    /// <exception cref="ApiException">There is none, or it cannot be trained.</exception>
    public async Task<BaseModel> OpenAsync(string id, CancellationToken cancellationToken)
    {
        var model = await GetAsync(id, cancellationToken);
        try
        {
            return model.Folder is { } folder
                ? await Task.Run(() => Open(model, folder), cancellationToken)
                : await OpenRunAsync(model, cancellationToken);
        }
        catch (Exception e) when (e is ModelConfigException or InvalidDataFileException)
        {
            LogUntrainable(e, id);
            var reason = model.Folder is { } folder ? ApiText.Rename(e.Message, folder, model.Id) : e.Message;
            throw ApiException.Invalid($"The model '{id}' cannot be trained: {reason.TrimEnd('.')}.", "model", "model_invalid");
        }
    }

    /// <summary>Deletes the model of a finished job. Its blobs are deleted later.</summary>
    /// <exception cref="ApiException">There is none, or it is a base model.</exception>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken)
    {
        var model = await GetAsync(id, cancellationToken);
        if (model.Step is not null)
        {
            throw new ApiException(
                StatusCodes.Status403Forbidden, $"The model '{id}' is a checkpoint; it is deleted with its model.", "model_not_deletable", "model");
        }

        if (model.Run is not { } run)
        {
            throw new ApiException(
                StatusCodes.Status403Forbidden, $"The model '{id}' is a base model; only fine-tuned models can be deleted.",
                "model_not_deletable", "model");
        }

        await jobs.UpdateAsync(run, j => j.ModelDeleted ? null : j with { ModelDeleted = true }, cancellationToken);
    }

    private static BaseModel Open(CatalogModel model, string folder) => ModelFiles.Read(folder, () =>
    {
        var json = File.ReadAllText(Path.Combine(folder, ModelFolder.ConfigFile));
        using var files = ModelFolder.Open(folder);
        return new BaseModel(model, json, files.Config, files.Dtype);
    });

    private async Task<BaseModel> OpenRunAsync(CatalogModel model, CancellationToken cancellationToken)
    {
        var (manifest, blob) = await RunManifests.ReadAsync(store, model.Address, cancellationToken);
        var (json, _) = await RunFiles.ReadConfigAsync(store, manifest, cancellationToken);

        // The job's run is a new one, whose import refuses what runs of older builds go on with.
        var config = ModelConfigReader.Parse(json, $"{model.Id}/{ModelFolder.ConfigFile}");
        var dtype = (await RunFiles.ReadSpecAsync(store, manifest, cancellationToken)).Dtype;
        return new BaseModel(model, json, config, dtype) { Manifest = blob, Template = RunModel.TemplateOf(manifest) };
    }

    private IEnumerable<CatalogModel> BaseModels()
    {
        if (options.ModelsFolder is not { } folder) return [];
        try
        {
            return Directory.GetDirectories(folder).Select(Path.GetFileName).OfType<string>().Where(ModelIds.IsFolderName)
                .Order(StringComparer.Ordinal).Select(BaseModel).OfType<CatalogModel>();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(e, folder);
            throw ApiException.Unavailable("The folder of base models cannot be read; the server's log says why.", "models_unavailable");
        }
    }

    private CatalogModel? BaseModel(string id)
    {
        if (options.ModelsFolder is null) return null;
        var folder = Path.Combine(options.ModelsFolder, id);
        var config = new FileInfo(Path.Combine(folder, ModelFolder.ConfigFile));
        return config.Exists ? new CatalogModel(id, config.LastWriteTimeUtc, folder, null, id) : null;
    }

    // While the job's run goes on, too; a checkpoint whose manifest the run no longer keeps is none.
    private async Task<CatalogModel?> CheckpointAsync(JobDocument job, string id, long step, CancellationToken cancellationToken)
    {
        if (job.ModelDeleted || step == 0 || await RunManifests.FindAsync(store, job.Id, cancellationToken) is not { } manifests) return null;
        return manifests.Steps.Contains(step)
            ? new CatalogModel(id, manifests.Kept.FirstOrDefault(k => k.Step == step)?.Time ?? job.CreatedAt, null, job.Id, job.Root) { Step = step }
            : null;
    }

    private async Task<CatalogModel?> TunedAsync(JobDocument job, CancellationToken cancellationToken)
    {
        if (job.ModelDeleted || job.Phase != JobPhases.Imported) return null;
        var outcome = job.Outcome ?? (await reader.ReadAsync(job, cancellationToken)).Job.Outcome;
        return outcome is { Status: JobStatuses.Succeeded } ? new CatalogModel(job.FineTunedModel, outcome.FinishedAt, null, job.Id, job.Root) : null;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The models folder {Folder} cannot be read")]
    private partial void LogUnreadable(Exception exception, string folder);

    [LoggerMessage(Level = LogLevel.Error, Message = "The model {Model} cannot be trained")]
    private partial void LogUntrainable(Exception exception, string model);

    [LoggerMessage(Level = LogLevel.Error, Message = "The model of job {Job} is left out of the list: {Reason}")]
    private partial void LogDamaged(string job, string reason);
}
