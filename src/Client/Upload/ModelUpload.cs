using LisaOrleans.Checkpoints;

namespace LisaOrleans.Client;

/// <summary>Uploads files to the store as blobs. What is there already, by hash, is not sent again, so an interrupted upload resumes.</summary>
internal sealed class ModelUpload(IBlobStore store, IProgress<UploadProgress>? progress)
{
    private long _done;
    private long _total;

    public async Task<RunSubmission> UploadAsync(RunRequest request, CancellationToken cancellationToken)
    {
        // A run that is there may have such a rule from an older version; then the cluster tells whether it goes on.
        if ((KeptSteps.Problem(request.Spec) ?? WarmupRules.Problem(request.Spec)) is { } wrong
            && (request.Overwrite || !await IsThereAsync(request.Spec.RunName).ConfigureAwait(false)))
            throw wrong;
        var model = ModelFiles.Of(request.ModelFolder).Select(name => (Name: name, File: Path.Combine(request.ModelFolder, name))).ToList();
        var adapter = request.AdapterFolder is { } folder
            ? AdapterFiles.All.Concat(ModelFileNames.In(folder).Where(n => n != ModelFileNames.Config))
                .Select(name => (Name: name, File: Path.Combine(folder, name))).ToList()
            : [];
        if (adapter.FirstOrDefault(a => !File.Exists(a.File)) is { Name: { } missing })
            throw new InvalidTrainingInputException($"{request.AdapterFolder}: has no {missing}; a folder with a PEFT adapter is needed");
        var data = Sources(request.DataFile);
        var evalData = request.EvalDataFile is { } sources ? Sources(sources) : null;
        _total = model.Concat(adapter).Select(m => m.File)
            .Concat(data.Concat(evalData ?? []).SelectMany(s => s.Files.Concat(s.Descriptions))).Sum(f => LinkedFile.Resolve(f).Length);
        var blobs = new List<NamedBlob>();
        foreach (var (name, file) in model) blobs.Add(await PutAsync(name, file, cancellationToken).ConfigureAwait(false));
        var adapterBlobs = new List<NamedBlob>();
        foreach (var (name, file) in adapter) adapterBlobs.Add(await PutAsync(name, file, cancellationToken).ConfigureAwait(false));
        return new RunSubmission
        {
            Spec = request.Spec,
            Dataset = request.Dataset,
            Model = blobs,
            Adapter = adapter.Count > 0 ? adapterBlobs : null,
            Data = await PutAsync(data, cancellationToken).ConfigureAwait(false),
            EvalData = evalData is null ? null : await PutAsync(evalData, cancellationToken).ConfigureAwait(false),
            Overwrite = request.Overwrite,
            Given = request.Given.ToArray(),
            ModelName = request.ModelName ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(request.ModelFolder)),
            BaseModel = request.BaseModel ?? request.ModelName ?? Path.GetFullPath(request.ModelFolder),
            DataName = request.DataName ?? DataSourcePaths.Names(request.DataFile),
            EvalDataName = request.EvalDataName ?? (request.EvalDataFile is { } eval ? DataSourcePaths.Names(eval) : null),
        };

        async Task<bool> IsThereAsync(string run) =>
            await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false) is { Manifest: not null };
    }

    private static IReadOnlyList<DataSourcePath> Sources(string sources) => [.. DataSourcePaths.Split(sources).Select(DataSourcePaths.Read)];

    private async Task<IReadOnlyList<SubmittedSource>> PutAsync(IReadOnlyList<DataSourcePath> sources, CancellationToken cancellationToken)
    {
        var submitted = new List<SubmittedSource>();
        foreach (var source in sources)
        {
            var files = new List<NamedBlob>();
            foreach (var file in source.Files.Concat(source.Descriptions))
            {
                var name = source.Kind == DataSourceKind.Folder
                    ? Path.GetRelativePath(source.Path, file).Replace(Path.DirectorySeparatorChar, '/')
                    : Path.GetFileName(file);
                files.Add(await PutAsync(name, file, cancellationToken).ConfigureAwait(false));
            }

            submitted.Add(new SubmittedSource { Files = files, Kind = source.Kind, Weight = source.Weight, Part = source.Part });
        }

        return submitted;
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
