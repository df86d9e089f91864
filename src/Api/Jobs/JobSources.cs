using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>Gives the importer what a job names, as files on this machine.</summary>
internal sealed class JobSources(ModelCatalog models, IBlobStore store)
{
    /// <summary>Whether the job's model is available here.</summary>
    public async Task<bool> HasModelAsync(JobDocument job, CancellationToken cancellationToken) =>
        job.Phase != JobPhases.Validating || await models.FindAsync(job.Model, cancellationToken) is not null
            || ModelIds.JobOf(job.Model) is not null;

    /// <summary>What the run is made from. The files last as long as <paramref name="files"/>.</summary>
    public async Task<RunRequest> RequestAsync(JobDocument job, JobFiles files, CancellationToken cancellationToken)
    {
        var model = await models.FindAsync(job.Model, cancellationToken)
            ?? throw new InvalidDataFileException(job.Model, "the model was deleted before the job could begin");
        return new RunRequest
        {
            ModelFolder = model.Folder is { } folder ? files.Know(folder, model.Id) : await ExportAsync(model, files, cancellationToken),
            DataFile = await SaveAsync(job.TrainingFile, files, cancellationToken),
            EvalDataFile = job.ValidationFile is { } file ? await SaveAsync(file, files, cancellationToken) : null,
            ModelName = job.Model,
            DataName = job.TrainingFile.Filename,
            EvalDataName = job.ValidationFile?.Filename,
            Dataset = job.Dataset,
            Spec = job.Spec,
        };
    }

    private async Task<string> ExportAsync(CatalogModel model, JobFiles files, CancellationToken cancellationToken)
    {
        var folder = files.Add(model.Id);
        await files.WriteAsync(() => RunExporter.ExportModelAsync(store, model.Address.ToString(), folder, cancellationToken));
        return folder;
    }

    private async Task<string> SaveAsync(JobInput input, JobFiles files, CancellationToken cancellationToken)
    {
        var path = files.Add(input.Filename);
        using var content = await store.ReadAsync(new BlobRef(input.Sha256!, input.Bytes), cancellationToken);
        await files.WriteAsync(async () =>
        {
            await using var file = File.Create(path);
            await content.AsStream().CopyToAsync(file, cancellationToken);
        });
        return path;
    }
}
