using System.Globalization;
using System.Text;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Api;

/// <summary>The file with a job's metrics, like OpenAI's: a CSV with a line for each committed step.</summary>
internal sealed class JobResults(FileCatalog files)
{
    private const string Filename = "step_metrics.csv";
    private const string Header = "step,train_loss,valid_loss,learning_rate,grad_norm,epoch,tokens,seconds";

    /// <summary>Makes the file of a job that has ended. Making it again, on any silo, gives the same file.</summary>
    /// <param name="job">The job's id.</param>
    /// <param name="steps">Its committed steps.</param>
    /// <param name="ended">When the job ended.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The file's id; null if there is no step to report.</returns>
    public async Task<string?> AddAsync(string job, IReadOnlyList<StepRecord> steps, DateTimeOffset ended, CancellationToken cancellationToken)
    {
        if (steps.Count == 0) return null;
        var names = string.Concat(steps.FirstOrDefault(s => s.Rewards is not null)?.Rewards!.Named.Select(r => $",{r.Name}") ?? []);
        var blob = new BytesBlob(Encoding.UTF8.GetBytes(string.Concat(steps.Select(Line).Prepend(Header + names).Select(l => l + "\n"))));
        var file = new StoredFile
        {
            Id = ApiIds.FilePrefix + job[ApiIds.JobPrefix.Length..],
            Filename = Filename,
            Bytes = blob.Length,
            CreatedAt = ended,
            Purpose = FilePurposes.Results,
            Sha256 = blob.Sha256,
        };
        await files.AddAsync(file, blob, cancellationToken);
        return file.Id;
    }

    private static string Line(StepRecord step) => string.Create(
        CultureInfo.InvariantCulture,
        $"{step.Step},{Number(step.Loss)},{Number(step.EvalLoss)},{Number(step.LearningRate)},{Number(step.GradNorm)},{Number(step.Epoch)},"
            + $"{step.Tokens},{Number(step.Seconds)}{string.Concat(step.Rewards?.Named.Select(r => $",{Number(r.Value)}") ?? [])}");

    // A value that is not a number is left out, as in the events.
    private static string Number(double? number) =>
        number is { } value && double.IsFinite(value) ? value.ToString("R", CultureInfo.InvariantCulture) : "";
}
