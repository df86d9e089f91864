using System.Text.Encodings.Web;
using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>
/// trainer_log.jsonl and ledger.jsonl in the output folder: one line for each committed step, whatever was killed in
/// between. On a (re)start both are rewritten from the run's history, then appended to.
/// </summary>
internal sealed class TrainerLog(string folder, long? totalSteps) : IDisposable
{
    private const int RateSteps = 20;
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Queue<double> _recent = new();
    private double _elapsed;
    private StreamWriter? _log;
    private StreamWriter? _ledger;

    private string LogPath => Path.Combine(folder, "trainer_log.jsonl");

    private string LedgerPath => Path.Combine(folder, "ledger.jsonl");

    /// <summary>Seconds that the rest will take at the rate of the last steps.</summary>
    public double Remaining(long step) => totalSteps is { } total && _recent.Count > 0 ? (total - step) * _recent.Average() : 0;

    /// <summary>Starts both files over.</summary>
    public async Task RewriteAsync(IReadOnlyList<StepRecord> history, CancellationToken cancellationToken)
    {
        Close();
        _recent.Clear();
        _elapsed = 0;
        var lines = history.Select(LogLine).ToArray();
        await AtomicFile.WriteAllBytesAsync(LogPath, Utf8(lines), cancellationToken);
        await AtomicFile.WriteAllBytesAsync(LedgerPath, Utf8(history.Select(LedgerLine)), cancellationToken);
        _log = Open(LogPath);
        _ledger = Open(LedgerPath);
    }

    /// <summary>Adds a step. Each line is written at once.</summary>
    public void Append(StepRecord record)
    {
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
        _elapsed += r.Seconds;
        _recent.Enqueue(r.Seconds);
        if (_recent.Count > RateSteps) _recent.Dequeue();
        var line = new Dictionary<string, object>
        {
            ["step"] = r.Step,
            ["loss"] = r.Loss,
            ["learning_rate"] = r.LearningRate,
            ["grad_norm"] = r.GradNorm,
            ["epoch"] = r.Epoch,
            ["active_layers"] = r.ActiveLayers,
            ["tokens_per_second"] = Math.Round(r.Tokens / Math.Max(r.Seconds, 1e-9), 1),
            ["elapsed"] = Math.Round(_elapsed, 3),
            ["remaining"] = Math.Round(Remaining(r.Step), 3),
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
