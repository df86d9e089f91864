using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IRunImportGrain"/>
internal sealed partial class RunImportGrain(IBlobStore store, IClusterView cluster, TimeProvider time, ILogger<RunImportGrain> logger) : Grain, IRunImportGrain
{
    private const int LongestDefaultBlock = 1024;
    private const string ChooseDtype = "auto";

    // The files of a model that is submitted again within this time need not be uploaded again.
    private static readonly TimeSpan s_uploadAge = TimeSpan.FromDays(1);

    public Task<SubmittedRun> Import(RunSubmission submission, CancellationToken cancellationToken)
    {
        if (submission.Spec.RunName != this.GetPrimaryKeyString())
            throw new InvalidTrainingSettingException("run_name", $"is '{submission.Spec.RunName}'; the grain asked is that of '{this.GetPrimaryKeyString()}'");
        var silos = cluster.TrainingSilos();

        // Reading, tokenising and hashing take long: not in a turn of this grain.
        return Task.Run(() => ImportAsync(submission, silos, cancellationToken), cancellationToken);
    }

    private async Task<SubmittedRun> ImportAsync(RunSubmission submission, IReadOnlyList<TrainingSilo> silos, CancellationToken cancellationToken)
    {
        CheckName("template", submission.Dataset.Template, ChatTemplates.Names);
        CheckName("train_on", submission.Dataset.TrainOn, TrainOn.Choices);
        CheckName("long_texts", submission.Dataset.LongTexts, LongTexts.All);
        if (submission.Dataset.Format is { } format) CheckName("data_format", format, DatasetFormats.Names);
        SubmittedFiles? files = null;
        try
        {
            RunName.Validate(submission.Spec.RunName);
            files = await SubmittedFiles.FetchAsync(store, submission, cancellationToken);
            var request = Request(submission, files, silos) with { Cluster = cluster.ClusterId };
            CheckFits(request, silos);
            var outcome = await RunImporter.ImportAsync(store, request, null, cancellationToken);
            await CleanUploads(cancellationToken);
            var statistics = outcome.Statistics;
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
        catch (InvalidSettingException e)
        {
            throw new InvalidTrainingSettingException(e.Setting, e.Message);
        }
        catch (RunHeldException e)
        {
            throw new InvalidTrainingSettingException("run_name", e.Message);
        }
        catch (SettingsChangedException e)
        {
            throw new RunExistsException(submission.Spec.RunName, e.Differences);
        }
        catch (ArgumentException e) when (e.ParamName == "name")
        {
            throw new InvalidTrainingSettingException("run_name", e.Message);
        }
        catch (Exception e) when (e is InvalidDataFileException or ModelConfigException or DatasetException or TokenizerException or BlobMissingException)
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
            // The run is there; what could not be deleted is only in the way, and the next import tries again.
            LogNotCleaned(e);
        }
    }

    private static ImportRequest Request(RunSubmission submission, SubmittedFiles files, IReadOnlyList<TrainingSilo> silos)
    {
        var spec = submission.Spec;
        if (spec.BlockSize == 0 || spec.Dtype == ChooseDtype)
        {
            using var model = ModelFolder.Open(files.Model);
            spec = spec with
            {
                BlockSize = spec.BlockSize == 0 ? Math.Min(model.Config.MaxSequenceLength, LongestDefaultBlock) : spec.BlockSize,
                Dtype = spec.Dtype == ChooseDtype ? model.Dtype : spec.Dtype,
            };
        }

        var dataset = submission.Dataset;
        return new ImportRequest
        {
            ModelFolder = files.Model,
            DataFile = files.Data,
            EvalDataFile = files.EvalData,
            Dataset = new DatasetOptions
            {
                Format = dataset.Format,
                PromptField = dataset.PromptField,
                CompletionField = dataset.CompletionField,
                TextField = dataset.TextField,
                Template = dataset.Template,
                TrainOnPrompt = dataset.TrainOnPrompt,
                IgnoreFields = dataset.IgnoreFields,
                ValidationSplit = dataset.ValidationSplit,
                TrainOn = dataset.TrainOn,
                LongTexts = dataset.LongTexts,
                BlockSize = spec.BlockSize,
            },
            Spec = spec,
            DefaultThreads = silos.Count > 0 ? silos.Min(s => s.Threads) : Environment.ProcessorCount,
            Overwrite = submission.Overwrite,
        };
    }

    private static void CheckFits(ImportRequest request, IReadOnlyList<TrainingSilo> silos)
    {
        var config = ModelConfigReader.ReadFile(Path.Combine(request.ModelFolder, ModelFolder.ConfigFile));
        TrainingSpecValidator.Validate(request.Spec with { Threads = Math.Max(1, request.Spec.Threads) }, config);
        if (RunCapacity.Check(request.Spec, config, silos) is { } tooLarge) throw new InvalidTrainingInputException($"model: {tooLarge}");
    }

    private static void CheckName(string setting, string value, IReadOnlyList<string> known)
    {
        if (!known.Contains(value))
            throw new InvalidTrainingSettingException(setting, $"{setting} is '{value}'; it must be one of {string.Join(", ", known)}");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Uploads of earlier imports could not be deleted")]
    private partial void LogNotCleaned(Exception exception);
}
