namespace LisaOrleans.Training;

/// <summary>
/// How long a run's steps take by the clock: the training itself, and what comes between, such as evaluations and waiting for manifests. What
/// lies before the start of a generation does not count: nobody may have worked on the run. Learns all from the run's events, in their order.
/// </summary>
public sealed class StepPace
{
    // Steps become faster or slower as silos come and go; what comes between them is rare, and may be long.
    private const int Steps = 20;
    private const int Gaps = 1000;

    private readonly Queue<double> _steps = new();
    private readonly Queue<double> _gaps = new();

    // When the generation began, or its last step was committed; null while there is none, as for the steps that a fork begins with.
    private DateTimeOffset? _before;
    private bool _isNew;

    /// <value>Seconds that a step takes, on average; null before the first.</value>
    public double? SecondsPerStep => _steps.Count == 0 ? null : _steps.Average() + (_gaps.Count == 0 ? 0 : _gaps.Average());

    /// <value>Seconds for which the run was at work, or is known to have been.</value>
    public double Elapsed { get; private set; }

    /// <value>Steps that the run was last to take; 0 where that is not known.</value>
    public long TotalSteps { get; private set; }

    /// <summary>The pace of a run now.</summary>
    /// <param name="records">Its steps.</param>
    /// <param name="journal">All else that happened.</param>
    public static StepPace Of(IReadOnlyList<StepRecord> records, IEnumerable<TrainingEvent> journal)
    {
        var pace = new StepPace();
        foreach (var happened in InOrder(records.Skip(records.Count - Gaps - 1), journal)) pace.Add(happened);
        return pace;
    }

    /// <summary>All that happened in a run, in the order of the time.</summary>
    /// <param name="records">Its steps.</param>
    /// <param name="journal">All else.</param>
    public static IEnumerable<TrainingEvent> InOrder(IEnumerable<StepRecord> records, IEnumerable<TrainingEvent> journal)
    {
        using var others = journal.GetEnumerator();
        var next = others.MoveNext() ? others.Current : null;
        foreach (var record in records)
        {
            for (; next?.Time <= record.Time; next = others.MoveNext() ? others.Current : null) yield return next;
            yield return new StepCompleted(record);
        }

        for (; next is not null; next = others.MoveNext() ? others.Current : null) yield return next;
    }

    /// <summary>Seconds that the rest will take.</summary>
    /// <param name="step">The last step.</param>
    /// <param name="totalSteps">Steps in all.</param>
    public double Remaining(long step, long totalSteps) => Math.Max(0, totalSteps - step) * (SecondsPerStep ?? 0);

    /// <summary>Adds what happened next.</summary>
    public void Add(TrainingEvent happened)
    {
        switch (happened)
        {
            case StepCompleted { Record: var record }:
                Add(record);
                break;
            case RunStarted started:
                (_before, _isNew, TotalSteps) = (started.Time, true, started.TotalSteps);
                break;
            case RunEnded ended:
                AddGap(ended.Time, 0);
                _before = null;
                break;
        }
    }

    private void Add(StepRecord record)
    {
        Keep(_steps, record.Seconds, Steps);
        Elapsed += record.Seconds;

        // What comes before a generation's first step comes once.
        var gap = AddGap(record.Time, record.Seconds);
        if (_before is not null && !_isNew) Keep(_gaps, gap, Gaps);
        _isNew = false;
    }

    private double AddGap(DateTimeOffset now, double seconds)
    {
        if (_before is not { } before) return 0;
        var gap = Math.Max(0, (now - before).TotalSeconds - seconds);
        Elapsed += gap;
        _before = now;
        return gap;
    }

    private static void Keep(Queue<double> last, double next, int most)
    {
        last.Enqueue(next);
        if (last.Count > most) last.Dequeue();
    }
}
