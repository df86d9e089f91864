using System.Globalization;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Brings a model and its data into the store as the manifest of step 0, after checking everything. From then on the store alone
/// is enough. For a run that exists, it checks that nothing has changed that would change the result.
/// </summary>
public static class RunImporter
{
    internal const string ModelFingerprint = "model_sha256";
    private const string AdapterFingerprint = "adapter_sha256";

    // The time that the chat template takes as the present, when the run begins and whenever its data are read again.
    private const string TemplateTime = "template_time";

    /// <summary>Imports a run.</summary>
    /// <param name="store">Where it is to be.</param>
    /// <param name="request">What it is made from.</param>
    /// <param name="progress">Receives progress; null for none.</param>
    /// <param name="cancellationToken">Gives up; the run is then there as a whole or not at all.</param>
    /// <param name="options">Who it is for; null (default) for this process.</param>
    /// <exception cref="RunExistsException">The run exists with other settings, another model or other data.</exception>
    /// <exception cref="RunEndedException">The run was cancelled.</exception>
    /// <exception cref="InvalidTrainingSettingException">A setting is outside what is allowed.</exception>
    public static async Task<ImportOutcome> ImportAsync(
        IBlobStore store, RunRequest request, IProgress<ImportProgress>? progress, CancellationToken cancellationToken,
        ImportOptions? options = null)
    {
        options ??= new ImportOptions();

        // Before anything is read or written: the name becomes a path.
        RunSettings.Table.Check(request.Spec);
        RunSettings.Table.Check(request.Dataset);
        TrainingSpecValidator.CheckData(request.Spec, request.Dataset, request.EvalDataFile is not null);
        var stored = request.Overwrite ? null : await RunFiles.FindAsync(store, request.Spec.RunName, cancellationToken);
        TrainingSpecValidator.CheckNew(request.Spec, stored?.Spec);
        if (stored is not null && await RunStore.ReadHeadAsync(store, request.Spec.RunName, cancellationToken) is { } head) CheckGoesOn(head);
        if (stored?.Manifest is { Completed: false, Dataset: { } known }) options.DataKnown?.Invoke(known);

        HostMemory.ShareHeap();
        using var model = ModelFolder.Open(request.ModelFolder, ofRun: stored is not null);
        var spec = options.Resolve(request, model.Config, () => model.Dtype, stored?.Spec) with
        {
            // The data blob already holds what these settings made of the file; in words, they tell people what changed.
            DataDescription = RunSettings.Table.Describe(request.Dataset),
        };
        TrainingSpecValidator.Validate(spec, model.Config);
        if (stored is null) Objectives.CheckLengths(spec, model.Config);
        using var adapter = request.AdapterFolder is { } adapterFolder ? PeftFolder.Open(adapterFolder, model.Config, isNew: stored is null) : null;
        WeightForms.CheckStore(spec, store);
        if (stored is not { Manifest.Completed: true }) options.CheckDevices(spec);

        var now = stored?.Manifest.Properties.GetValueOrDefault(TemplateTime) is { } time
            ? DateTimeOffset.Parse(time, CultureInfo.InvariantCulture)
            : TimeProvider.System.GetLocalNow();
        var source = AdaptedText.Of(request, stored?.Manifest);
        var text = ModelText.Load(source, now);
        var (train, evaluation) = DataSplit.Of(request.Dataset.ValidationSplit);

        // What older versions scored, a run goes on with; its data tell whether it is still the same.
        if (stored?.Manifest.EvalDataset is not null) evaluation = evaluation with { IsRequired = false };
        var evalFile = request.EvalDataFile ?? (request.Dataset.ValidationSplit is null ? null : request.DataFile);

        // What is not there is said before hours of tokenising, not after them.
        if (evalFile is not null) DataSources.Check(evalFile, evaluation);
        using var data = await Tokenize(request.DataFile, train, "tokenising training data");
        using var evalData = evalFile is null ? null : await EvalDatasetException.Of(() => Tokenize(evalFile, evaluation, "tokenising evaluation data"));
        if (data.IsStored) options.DataKnown?.Invoke(data.Tokens.Blob);
        var batches = BatchPlans.CreateNew(spec, await data.CountRowsAsync(spec, cancellationToken));
        SampleMask.Check(spec.MaskSamples, data.Tokens.Statistics.Samples);

        var figures = new RunData(
            DatasetFigures.Of(data.Tokens.Statistics, spec.BlockSize, DataSources.Notes(request.DataFile, train)),
            evalData is null ? null
                : DatasetFigures.Of(evalData.Tokens.Statistics, spec.BlockSize, DataSources.Notes(evalFile!, evaluation)));
        var specBlob = new BytesBlob(JsonSerializer.SerializeToUtf8Bytes(spec));
        if (options.BeforeWriting is { } begin) await begin(cancellationToken);
        if (await StoreAsync(specBlob) is not { } run)
            return await ImportAsync(store, request, progress, cancellationToken, options with { BeforeWriting = null });
        return new ImportOutcome
        {
            Resumed = stored is not null,
            ManifestStep = run.Step,
            Spec = spec,
            TotalSteps = RunEnd.TotalSteps(run, batches.TotalSteps),
            AlreadyCompleted = run.Completed,
            Data = figures,
            ModelNote = stored is null ? ModelNotes.OfDropout(model.Config) : null,
            TemplateBesideOwn = request.Dataset.Template != ChatTemplates.Auto && text.Template is not null ? request.Dataset.Template : null,
        };

        Task<ImportedDataset> Tokenize(string sources, DataSplit split, string what)
        {
            var relay = progress is null ? null : new Relay<TokenizeProgress>(p => progress.Report(new ImportProgress(what, p.Done, p.Total)));
            var own = request.Dataset.Template == ChatTemplates.Auto ? text.Template : null;
            return ImportedDataset.GetAsync(
                store, new TokenInput(
                    source, sources, split, request.Dataset, spec.BlockSize,
                    model.Config.VocabSize, own is { ReadsTime: true } ? now : null, Objectives.IsOfPairs(spec)),
                () => DatasetTokenizer.Tokenize(
                    sources, text.Tokenizer, request.Dataset, spec.BlockSize, model.Config.VocabSize, relay, cancellationToken, split, own,
                    Objectives.IsOfPairs(spec)),
                () => own is { HasWritten: true }, goesOn: stored is null ? null : spec.RunName, cancellationToken);
        }

        // Null where another process made the run while this one was reading its files: that run is now to be resumed.
        async Task<Manifest?> StoreAsync(BytesBlob spec0)
        {
            // Whatever is to be refused has been by now, without waiting for libtorch.
            HostMemory.Prepare();
            var imported = await ImportedModel.StoreAsync(
                store, model, spec, adapter, write: stored is null, verify: request.Overwrite || StoreLocation.IsFolder(store.Location),
                countOutliers: stored is null && Methods.Of(spec).LooksAtWeights(spec), progress, cancellationToken);
            if (stored is { } before)
            {
                CheckUnchanged(before, spec, imported, data.Tokens.Blob, evalData?.Tokens.Blob);
                await StoreData();

                // A run that is complete has no use for other settings of training and saving: it stays as it is.
                if (before.Manifest.Completed || before.Manifest.Spec.Sha256 == spec0.Sha256) return before.Manifest;
            }

            await StoreRepair.PutWholeAsync(store, spec0, cancellationToken);
            if (request.Overwrite) await ForgetIfDamaged(store, spec.RunName, cancellationToken);
            var first = stored is null
                ? await ImportedBlobs.NameAsync(store, () => FirstManifest(imported), m => PutAgain(imported, m), cancellationToken)
                : null;
            var claim = new RunClaim(RunHeadStates.Queued)
            {
                Holder = options.Holder,
                Check = request.Overwrite ? null : CheckGoesOn,
            };

            // Whoever made the run meanwhile, and may have begun to train it, is not disturbed.
            var session = stored is null && !request.Overwrite
                ? await RunStore.TryBeginAsync(store, spec.RunName, claim, cancellationToken)
                : await RunStore.AcquireAsync(store, spec.RunName, claim, cancellationToken);
            if (session is null) return null;
            var manifest = (first ?? session.Manifest!) with { Spec = Reference(spec0), Generation = session.Generation };
            // A run that starts over has no past.
            var (journal, kept) = stored is null ? (null, null) : (session.Head.Journal, session.Head.Kept);
            await session.CommitAsync(manifest, journal, kept, cancellationToken);
            return manifest;
        }

        async Task PutAgain(ImportedModel imported, IReadOnlySet<BlobRef> missing)
        {
            await store.PutAsync(specBlob, cancellationToken);
            await imported.PutAgainAsync(store, model, spec, adapter, missing, cancellationToken);
        }

        async Task StoreData()
        {
            await data.StoreAsync(cancellationToken);
            if (evalData is not null) await evalData.StoreAsync(cancellationToken);
        }

        async Task<Manifest> FirstManifest(ImportedModel imported)
        {
            await StoreData();
            options.DataKnown?.Invoke(data.Tokens.Blob);
            var properties = new Dictionary<string, string> { [ModelFingerprint] = imported.Fingerprint };
            if (imported.AdapterFingerprint is { } began) properties.Add(AdapterFingerprint, began);
            source.AddTo(properties);
            RunOrigin.Of(request).AddTo(properties);
            if (text.Template is { ReadsTime: true }) properties.Add(TemplateTime, now.ToString("O", CultureInfo.InvariantCulture));
            model.Names.AddTo(properties);
            figures.AddTo(properties);
            if (imported.Outliers is { } outliers) LayerOutliers.AddTo(properties, outliers);
            var files = await TrainedFiles.ReadAsync(source, TemplateInUse(), text, model.Config.EosTokenIds, cancellationToken);
            if (Methods.Adapters(spec) is { } lora)
            {
                var name = request.BaseModel ?? request.ModelName ?? Path.GetFullPath(request.ModelFolder);
                files.Add(AdapterFiles.Config, PeftConfig.Write(lora, model.Config, model.Names, name));
            }

            return new Manifest
            {
                Run = spec.RunName,
                Generation = 0,
                Step = 0,
                Spec = Reference(specBlob),
                Parts = imported.Parts,
                OtherTensors = imported.OtherTensors,
                Files = await ImportedBlobs.PutFilesAsync(store, files, cancellationToken),
                Dataset = data.Tokens.Blob,
                EvalDataset = evalData?.Tokens.Blob,
                Log = [],
                Properties = properties,
            };
        }

        // Texts, and prompts with completions, do not use the folder's own template.
        string? TemplateInUse() =>
            request.Dataset.Template != ChatTemplates.Auto || data.Tokens.UsesOwnTemplate ? request.Dataset.Template : null;
    }

    private static void CheckGoesOn(RunHead head) => StoredRunStatus.CheckNotCancelled(head, "use another name, lisa fork, or --overwrite");

    // An intact run is replaced in one piece when its successor's manifest is committed; nothing of a damaged one can be kept.
    private static async Task ForgetIfDamaged(IBlobStore store, string name, CancellationToken cancellationToken)
    {
        try
        {
            var head = await RunStore.ReadHeadAsync(store, name, cancellationToken);
            if (head?.Manifest is { } manifest) await RunStore.ReadManifestAsync(store, manifest, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataFileException or BlobMissingException or BlobCorruptException)
        {
            await RunStore.DeleteAsync(store, name, cancellationToken);
        }
    }

    private static void CheckUnchanged(
        (Manifest Manifest, TrainingSpec Spec) before, TrainingSpec spec, ImportedModel model, BlobRef data, BlobRef? evalData)
    {
        var differences = SpecComparison.Differences(before.Spec, spec).ToList();
        Compare("model weights", before.Manifest.Properties.GetValueOrDefault(ModelFingerprint), model.Fingerprint);
        Compare("adapter", before.Manifest.Properties.GetValueOrDefault(AdapterFingerprint), model.AdapterFingerprint);
        var onlyData = differences.Count == 0 && (evalData is null) == (before.Manifest.EvalDataset is null);
        Compare("training data", before.Manifest.Dataset?.Sha256, data.Sha256);
        Compare("evaluation data", before.Manifest.EvalDataset?.Sha256, evalData?.Sha256);
        if (differences.Count > 0) throw new RunExistsException(spec.RunName, differences, onlyData);
        RunEnd.CheckUnchanged(before.Manifest, before.Spec, spec);

        void Compare(string what, string? was, string? now)
        {
            if (was != now) differences.Add($"{what}: was {Short(was)}, now {Short(now)}");
        }

        static string Short(string? hash) => hash is null ? "none" : $"sha256 {hash[..12]}…";
    }

    private static BlobRef Reference(IBlobSource blob) => new(blob.Sha256, blob.Length);

    // Progress<T> would post to the thread pool and could report out of order.
    private sealed class Relay<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }
}
