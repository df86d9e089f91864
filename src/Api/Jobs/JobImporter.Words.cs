using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Api;

/// <content>What jobs and logs say of an import.</content>
internal sealed partial class JobImporter
{
    private JobLogEntry Entry(string line) => line.Contains(DatasetReport.Warning, StringComparison.Ordinal)
        ? new JobLogEntry(time.GetUtcNow(), "warn", line.Replace(DatasetReport.Warning, "", StringComparison.Ordinal))
        : new JobLogEntry(time.GetUtcNow(), "info", line);

    private JobError? ErrorOf(Exception exception, JobDocument job, JobFiles files, CancellationToken cancellationToken)
    {
        switch (exception)
        {
            case OperationCanceledException when cancellationToken.IsCancellationRequested:
                return new JobError("cancelled", "The job was cancelled.", null);
            case EvalDatasetException when job.ValidationFile is not null:
                return new JobError("invalid_validation_file", files.Rename(exception.Message), "validation_file");
            case DatasetException:
                return new JobError("invalid_training_file", files.Rename(exception.Message), "training_file");
            case InvalidTrainingSettingException e:
                return new JobError("invalid_hyperparameters", e.Message, e.Setting);
            case InvalidDataFileException or ModelConfigException or TokenizerException or RunExistsException:
                LogRefused(exception, job.Id);
                return new JobError("invalid_model", files.Rename(exception.Message), "model");
            case UnauthorizedAccessException when files.AreNamedIn(exception.Message):
                LogRefused(exception, job.Id);
                return new JobError("invalid_model", $"A file of the model cannot be read: {files.Rename(exception.Message)}", "model");
            default:
                return null;
        }
    }

    // Somebody has to free space, grant access, repair the store or bring the model. The job says so once; sweeps go on trying.
    private async Task WaitAsync(string job, string note, CancellationToken stoppingToken)
    {
        LogWaits(job, note);
        try
        {
            await jobs.NoteOnceAsync(job, new JobLogEntry(time.GetUtcNow(), "warn", note), stoppingToken);
        }
        catch (Exception e) when (StoreRefusal.Find(e, store.Location) is { } refusal)
        {
            LogWaits(job, refusal.Message);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            LogImportFailed(e, job);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Looking for jobs to import failed")]
    private partial void LogSweepFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job} could not be imported now")]
    private partial void LogImportFailed(Exception exception, string job);

    [LoggerMessage(Level = LogLevel.Information, Message = "Whether job {Job} was cancelled could not be read now")]
    private partial void LogNotWatched(Exception exception, string job);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job}: {Note}")]
    private partial void LogWaits(string job, string note);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Job} cannot be imported")]
    private partial void LogRefused(Exception exception, string job);
}
