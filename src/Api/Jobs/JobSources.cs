using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Api;

/// <summary>Gives the importer what a job names, as files on this machine.</summary>
internal sealed class JobSources(ModelCatalog models, IBlobStore store)
{
    /// <summary>Whether the job's model is available here.</summary>
    public async Task<bool> HasModelAsync(JobDocument job, CancellationToken cancellationToken) =>
        job.Phase != JobPhases.Validating || job.Manifest is not null || await models.FindAsync(job.Model, cancellationToken) is not null
            || ModelIds.JobOf(job.Model) is not null;

    /// <summary>What the run is made from. The files last as long as <paramref name="files"/>.</summary>
    public async Task<RunRequest> RequestAsync(JobDocument job, JobFiles files, CancellationToken cancellationToken)
    {
        return new RunRequest
        {
            ModelFolder = await ModelAsync(job, files, cancellationToken),
            DataFile = await SaveAsync(job.TrainingFile, files, cancellationToken),
            EvalDataFile = job.ValidationFile is { } file ? await SaveAsync(file, files, cancellationToken) : null,
            ModelName = job.Model,
            DataName = job.TrainingFile.Filename,
            EvalDataName = job.ValidationFile?.Filename,
            Dataset = job.Dataset,
            Spec = job.Spec,
        };
    }

    // Jobs of builds that did not note the manifest find it by its name, as long as the run keeps it.
    private async Task<string> ModelAsync(JobDocument job, JobFiles files, CancellationToken cancellationToken)
    {
        if (job.Manifest is not { } blob)
        {
            var model = await models.FindAsync(job.Model, cancellationToken)
                ?? throw new InvalidDataFileException(job.Model, "the model was deleted before the job could begin");
            if (model.Folder is { } known) return files.Know(known, model.Id);
            (_, blob) = await RunManifests.ReadAsync(store, model.Address, cancellationToken);
        }

        var folder = files.Add(job.Model);
        try
        {
            var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken);
            await files.WriteAsync(() => RunExporter.ExportModelAsync(store, manifest, folder, cancellationToken));
            return folder;
        }
        catch (BlobMissingException e)
        {
            // It may have been let go of in the moment in which the job was created.
            throw new InvalidDataFileException(job.Model, $"the model's blob {e.Sha256} is not in the store any more");
        }
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
