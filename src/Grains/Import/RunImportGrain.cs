using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IRunImportGrain"/>
internal sealed partial class RunImportGrain(
    IBlobStore store, IClusterView cluster, TimeProvider time, ILogger<RunImportGrain> logger) : Grain, IRunImportGrain
{
    // The files of a model that is submitted again within this time need not be uploaded again.
    private static readonly TimeSpan s_uploadAge = TimeSpan.FromDays(1);

    public Task<SubmittedRun> Import(RunSubmission submission, CancellationToken cancellationToken)
    {
        if (submission.Spec.RunName != this.GetPrimaryKeyString())
            throw new InvalidTrainingSettingException(
                "run_name", $"is '{submission.Spec.RunName}'; it must be '{this.GetPrimaryKeyString()}', the grain's");
        var silos = cluster.TrainingSilos();

        // Reading, tokenising and hashing take too long for a turn of this grain.
        return Task.Run(() => ImportAsync(submission, silos, cancellationToken), cancellationToken);
    }

    public async Task<ForkedRun> Fork(string from, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        var (given, names) = (new GivenSettings(), new GivenNames<TrainingSetting>());
        foreach (var (name, value) in settings)
        {
            var setting = RunSettings.Table.Find(name)
                ?? throw new InvalidTrainingSettingException(name, "is no setting; docs/settings.md lists all");
            if (names.Add(setting, name) is { } twice) throw new InvalidTrainingSettingException(name, twice);
            given.Set(setting, setting.Parse(value));
        }

        try
        {
            var (address, run) = (ManifestAddress.Parse(from), this.GetPrimaryKeyString());
            return await Task.Run(() => RunFork.CreateAsync(store, address, run, given, cancellationToken), cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataFileException or ArgumentException or BlobMissingException or BlobCorruptException)
        {
            throw new InvalidTrainingInputException(e.Message);
        }
    }

    public async Task<IReadOnlyList<KeptState>> GetHistory(CancellationToken cancellationToken)
    {
        var run = this.GetPrimaryKeyString();
        return await RunManifests.FindAsync(store, run, cancellationToken) is null ? [] : await KeptHistory.ReadAsync(store, run, cancellationToken);
    }

    private async Task<SubmittedRun> ImportAsync(RunSubmission submission, IReadOnlyList<TrainingSilo> silos, CancellationToken cancellationToken)
    {
        RunSettings.Table.Check(submission.Spec);
        RunSettings.Table.Check(submission.Dataset);
        SubmittedFiles? files = null;
        try
        {
            files = await SubmittedFiles.FetchAsync(store, submission, cancellationToken);
            var request = new RunRequest
            {
                ModelFolder = files.Model,
                ModelName = submission.ModelName,
                BaseModel = submission.BaseModel,
                AdapterFolder = files.Adapter,
                DataFile = files.Data,
                DataName = submission.DataName,
                EvalDataName = submission.EvalDataName,
                EvalDataFile = files.EvalData,
                Dataset = submission.Dataset,
                Spec = submission.Spec,
                Given = submission.Given ?? [],
                Overwrite = submission.Overwrite,
            };
            var options = ImportOptions.For([.. silos.Select(s => s.Describe())]) with { Holder = cluster.Holder };
            var began = request.Overwrite ? null : (await RunFiles.FindAsync(store, request.Spec.RunName, cancellationToken))?.Spec;
            CheckFits(request, silos, options, began);
            var outcome = await RunImporter.ImportAsync(store, request, null, cancellationToken, options);
            await CleanUploads(cancellationToken);
            var statistics = outcome.Data.Training;
            return new SubmittedRun
            {
                Run = outcome.Spec.RunName,
                Resumed = outcome.Resumed,
                ManifestStep = outcome.ManifestStep,
                TotalSteps = outcome.TotalSteps,
                Completed = outcome.AlreadyCompleted,
                Samples = statistics.Samples,
                Truncated = statistics.Truncated,
                Skipped = statistics.Skipped,
                Tokens = statistics.Tokens,
                Spec = outcome.Spec,
            };
        }
        catch (RunHeldException e)
        {
            throw new InvalidTrainingSettingException("run_name", $"cannot be '{submission.Spec.RunName}': {e.Message}");
        }
        catch (Exception e) when (
            e is InvalidDataFileException or ModelConfigException or DatasetException or TokenizerException or DamagedBlobException)
        {
            throw new InvalidTrainingInputException(files?.Plain(e.Message) ?? e.Message);
        }
        finally
        {
            files?.Dispose();
        }
    }

    private async Task CleanUploads(CancellationToken cancellationToken)
    {
        try
        {
            await Uploads.CleanAsync(store, s_uploadAge, time, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The run is stored; what could not be deleted only takes up space, and the next import tries again.
            LogNotCleaned(e);
        }
    }

    private static void CheckFits(RunRequest request, IReadOnlyList<TrainingSilo> silos, ImportOptions options, TrainingSpec? began)
    {
        using var model = ModelFolder.Open(request.ModelFolder, ofRun: began is not null);
        var spec = options.Resolve(request, model.Config, () => model.Dtype, began);
        TrainingSpecValidator.Validate(spec, model.Config);
        if (RunCapacity.Check(spec, model.Config, silos) is { } tooLarge) throw new InvalidTrainingInputException($"model: {tooLarge}");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Uploads of earlier imports could not be deleted")]
    private partial void LogNotCleaned(Exception exception);
}
