namespace LisaOrleans.Grains;

/// <summary>A run's steps and journal as one sequence of events, for any number of watchers. Used within one grain's turns.</summary>
internal sealed class EventFeed
{
    private TaskCompletionSource _more = NewSignal();

    /// <summary>Completes when there may be more events than when this task was taken.</summary>
    public Task More => _more.Task;

    /// <summary>Wakes the watchers.</summary>
    public void Signal()
    {
        var signal = _more;
        _more = NewSignal();
        signal.SetResult();
    }

    /// <summary>The event after a position, or null where there is none yet.</summary>
    public static TrainingEvent? Next(EventPosition after, IReadOnlyList<StepRecord> records, IReadOnlyList<TrainingEvent> entries)
    {
        var entry = after.Entry < entries.Count ? entries[(int)after.Entry] : null;
        var record = after.Step < records.Count ? records[(int)after.Step] : null;
        if (entry is not null && (record is null || entry.Position.Step <= after.Step))
            return entry with { Position = after with { Entry = after.Entry + 1 } };
        return record is null ? null : new StepCompleted(record) { Position = after with { Step = record.Step }, Time = record.Time };
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
