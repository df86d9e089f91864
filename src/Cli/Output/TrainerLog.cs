using System.Text.Encodings.Web;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>
/// trainer_log.jsonl and ledger.jsonl in the output folder: one line for each committed step, whatever was killed in
/// between. On a (re)start both are rewritten from the run's history, then appended to.
/// </summary>
internal sealed class TrainerLog(string folder) : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private StepPace _pace = new();
    private StreamWriter? _log;
    private StreamWriter? _ledger;

    private string LogPath => Path.Combine(folder, "trainer_log.jsonl");

    private string LedgerPath => Path.Combine(folder, "ledger.jsonl");

    /// <summary>How long the steps take.</summary>
    public StepPace Pace => _pace;

    /// <summary>Starts both files over.</summary>
    public async Task RewriteAsync(IReadOnlyList<StepRecord> history, IReadOnlyList<TrainingEvent> journal, CancellationToken cancellationToken)
    {
        Close();
        _pace = new StepPace();
        var lines = new List<string>();
        foreach (var happened in StepPace.InOrder(history, journal))
        {
            _pace.Add(happened);
            if (happened is StepCompleted step) lines.Add(LogLine(step.Record));
        }

        await AtomicFile.WriteAllBytesAsync(LogPath, Utf8(lines), cancellationToken);
        await AtomicFile.WriteAllBytesAsync(LedgerPath, Utf8(history.Select(LedgerLine)), cancellationToken);
        _log = Open(LogPath);
        _ledger = Open(LedgerPath);
    }

    /// <summary>Adds what happened next; of a step, each line is written at once.</summary>
    public void Append(TrainingEvent happened)
    {
        _pace.Add(happened);
        if (happened is not StepCompleted { Record: var record }) return;
        _log!.WriteLine(LogLine(record));
        _ledger!.WriteLine(LedgerLine(record));
    }

    public void Dispose() => Close();

    private static byte[] Utf8(IEnumerable<string> lines) => System.Text.Encoding.UTF8.GetBytes(string.Concat(lines.Select(l => l + "\n")));

    private static StreamWriter Open(string path) =>
        new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read)) { AutoFlush = true };

    private static string LedgerLine(StepRecord r) => JsonSerializer.Serialize(new { step = r.Step, epoch = r.Epoch, samples = r.Samples }, s_json);

    private string LogLine(StepRecord r)
    {
        var line = new Dictionary<string, object>
        {
            ["step"] = r.Step,
            ["loss"] = r.Loss,
            ["learning_rate"] = r.LearningRate,
            ["grad_norm"] = r.GradNorm,
            ["epoch"] = r.Epoch,
            ["active_layers"] = r.ActiveLayers,
            ["tokens_per_second"] = Math.Round(r.Tokens / Math.Max(r.Seconds, 1e-9), 1),
            ["elapsed"] = Math.Round(_pace.Elapsed, 3),
            ["remaining"] = Math.Round(_pace.Remaining(r.Step, _pace.TotalSteps), 3),
        };
        if (r.EvalLoss is { } evalLoss) line["eval_loss"] = evalLoss;
        foreach (var (name, value) in r.Rewards?.Named ?? []) line[name] = value;
        foreach (var (name, value) in r.EvalRewards?.Named ?? []) line["eval_" + name] = value;
        return JsonSerializer.Serialize(line, s_json);
    }

    private void Close()
    {
        _log?.Dispose();
        _ledger?.Dispose();
        (_log, _ledger) = (null, null);
    }
}
