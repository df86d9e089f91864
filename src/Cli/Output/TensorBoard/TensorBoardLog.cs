using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>
/// tensorboard/events.out.tfevents.0.lisa in the output folder: loss, learning rate, gradient norm, speed and evaluation of
/// each committed step. As <see cref="TrainerLog"/>, it is rewritten from the run's history on a (re)start, then appended to.
/// </summary>
internal sealed class TensorBoardLog(string folder) : IDisposable
{
    // Always one file: a second one, of a resumed run, would show steps twice.
    private const string FileName = "events.out.tfevents.0.lisa";

    private FileStream? _file;

    private string FilePath => Path.Combine(folder, "tensorboard", FileName);

    /// <summary>Starts the file over.</summary>
    public async Task RewriteAsync(IReadOnlyList<StepRecord> history, CancellationToken cancellationToken)
    {
        Dispose();
        using var content = new MemoryStream();
        EventRecord.Write(content, TensorBoardEvent.FileVersion(history.Count > 0 ? history[0].Time : DateTimeOffset.UtcNow));
        foreach (var record in history) EventRecord.Write(content, Scalars(record));
        Directory.CreateDirectory(Path.GetDirectoryName(FilePath)!);
        await AtomicFile.WriteAllBytesAsync(FilePath, content.ToArray(), cancellationToken);
        _file = new FileStream(FilePath, FileMode.Append, FileAccess.Write, FileShare.Read);
    }

    /// <summary>Adds a step. Each is written at once.</summary>
    public void Append(StepRecord record)
    {
        EventRecord.Write(_file!, Scalars(record));
        _file!.Flush();
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }

    private static byte[] Scalars(StepRecord record)
    {
        List<(string Tag, double Value)> values =
        [
            ("train/loss", record.Loss),
            ("train/learning_rate", record.LearningRate),
            ("train/grad_norm", record.GradNorm),
            ("tokens_per_second", record.Tokens / Math.Max(record.Seconds, 1e-9)),
        ];
        if (record.EvalLoss is { } evalLoss) values.Add(("eval/loss", evalLoss));
        foreach (var (name, value) in record.Rewards?.Named ?? []) values.Add(("train/" + name, value));
        foreach (var (name, value) in record.EvalRewards?.Named ?? []) values.Add(("eval/" + name, value));
        return TensorBoardEvent.Scalars(record.Time, record.Step, values);
    }
}
