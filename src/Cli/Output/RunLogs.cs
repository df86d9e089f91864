using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>The logs that a run leaves in its output folder beside its model: its own and TensorBoard's.</summary>
internal sealed class RunLogs(string folder) : IDisposable
{
    private readonly TrainerLog _log = new(folder);
    private readonly TensorBoardLog _board = new(folder);

    /// <value>Why nothing more can be written to the folder; null while it can.</value>
    public StoreRefusedException? Refusal { get; private set; }

    /// <summary>How long the steps take.</summary>
    public StepPace Pace => _log.Pace;

    /// <summary>What happened in a run besides its steps; nothing where that is damaged: only times are made of it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<TrainingEvent>> ReadJournalAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        try
        {
            var head = await RunStore.ReadHeadAsync(store, run, cancellationToken);
            using var journal = await RunJournal.Read(store, head, null, TimeProvider.System, cancellationToken);
            return journal.Entries;
        }
        catch (Exception e) when (e is DamagedBlobException or InvalidDataFileException)
        {
            return [];
        }
    }

    /// <summary>Starts all files over.</summary>
    public async Task RewriteAsync(IReadOnlyList<StepRecord> history, IReadOnlyList<TrainingEvent> journal, CancellationToken cancellationToken)
    {
        await _log.RewriteAsync(history, journal, cancellationToken);
        await _board.RewriteAsync(history, cancellationToken);
    }

    /// <summary>
    /// Adds what happened next; false if that failed, now or earlier, for a reason that only people can remove. What is missing is
    /// written when the run continues.
    /// </summary>
    public bool TryAppend(TrainingEvent happened)
    {
        if (Refusal is not null) return false;
        try
        {
            _log.Append(happened);
            if (happened is StepCompleted step) _board.Append(step.Record);
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
