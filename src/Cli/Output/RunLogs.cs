using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>The logs that a run leaves in its output folder beside its model: its own and TensorBoard's.</summary>
internal sealed class RunLogs(string folder, long? totalSteps) : IDisposable
{
    private readonly TrainerLog _log = new(folder, totalSteps);
    private readonly TensorBoardLog _board = new(folder);

    /// <value>Why nothing more can be written to the folder; null while it can.</value>
    public StoreRefusedException? Refusal { get; private set; }

    /// <summary>Seconds that the rest will take at the rate of the last steps.</summary>
    public double Remaining(long step) => _log.Remaining(step);

    /// <summary>Starts all files over.</summary>
    public async Task RewriteAsync(IReadOnlyList<StepRecord> history, CancellationToken cancellationToken)
    {
        await _log.RewriteAsync(history, cancellationToken);
        await _board.RewriteAsync(history, cancellationToken);
    }

    /// <summary>
    /// Adds a step; false if that failed, now or earlier, for a reason that only people can remove. What is missing is
    /// written when the run continues.
    /// </summary>
    public bool TryAppend(StepRecord record)
    {
        if (Refusal is not null) return false;
        try
        {
            _log.Append(record);
            _board.Append(record);
        }
        catch (Exception e) when (StoreRefusal.Find(e, folder) is { } refusal)
        {
            Refusal = refusal;
        }

        return Refusal is null;
    }

    public void Dispose()
    {
        try
        {
            _log.Dispose();
            _board.Dispose();
        }
        catch (IOException) when (Refusal is not null)
        {
            // The rest of a line that could not be written; that was reported.
        }
    }
}
