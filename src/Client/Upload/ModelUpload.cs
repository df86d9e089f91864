using LisaOrleans.Checkpoints;

namespace LisaOrleans.Client;

/// <summary>Uploads files to the store as blobs. What is there already, by hash, is not sent again, so an interrupted upload resumes.</summary>
internal sealed class ModelUpload(IBlobStore store, IProgress<UploadProgress>? progress)
{
    private long _done;
    private long _total;

    public async Task<RunSubmission> UploadAsync(RunRequest request, CancellationToken cancellationToken)
    {
        var model = ModelFiles.Of(request.ModelFolder).Select(name => (Name: name, File: Path.Combine(request.ModelFolder, name))).ToList();
        string[] data = [request.DataFile, .. request.EvalDataFile is { } evalFile ? [evalFile] : Array.Empty<string>()];
        foreach (var file in data)
            if (!File.Exists(file)) throw new InvalidTrainingInputException($"{file}: no such file; training data is a JSON or JSONL file");

        _total = model.Select(m => m.File).Concat(data).Sum(f => LinkedFile.Resolve(f).Length);
        var blobs = new List<NamedBlob>();
        foreach (var (name, file) in model) blobs.Add(await PutAsync(name, file, cancellationToken).ConfigureAwait(false));
        return new RunSubmission
        {
            Spec = request.Spec,
            Dataset = request.Dataset,
            Model = blobs,
            Data = await PutAsync(Path.GetFileName(request.DataFile), request.DataFile, cancellationToken).ConfigureAwait(false),
            EvalData = request.EvalDataFile is { } evalData
                ? await PutAsync(Path.GetFileName(evalData), evalData, cancellationToken).ConfigureAwait(false)
                : null,
            Overwrite = request.Overwrite,
            ModelName = request.ModelName ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(request.ModelFolder)),
        };
    }

    private async Task<NamedBlob> PutAsync(string name, string path, CancellationToken cancellationToken)
    {
        progress?.Report(new UploadProgress(name, _done, _total));
        var blob = await FileBlob.OpenAsync(
            path, sent => progress?.Report(new UploadProgress(name, _done + sent, _total)), cancellationToken).ConfigureAwait(false);
        await Uploads.PutAsync(store, blob, cancellationToken).ConfigureAwait(false);
        _done += blob.Length;
        progress?.Report(new UploadProgress(name, _done, _total));
        return new NamedBlob(name, new BlobRef(blob.Sha256, blob.Length));
    }
}
