namespace LisaOrleans.Dashboard;

/// <summary>What happened in a run besides its steps, in bounded memory: the latest events, and sums over all of them.</summary>
internal sealed class EventLog
{
    // There may be as many manifests as steps; they must not push out rare events that matter.
    private const int Capacity = 400;

    private readonly Queue<ManifestSaved> _manifests = new();
    private readonly Queue<TrainingEvent> _others = new();

    /// <summary>Manifests so far.</summary>
    public long Manifests { get; private set; }

    /// <summary>Bytes that they wrote.</summary>
    public long ManifestBytes { get; private set; }

    /// <summary>How long training paused for them.</summary>
    public double StallSeconds { get; private set; }

    /// <summary>Adds the next event.</summary>
    public void Add(TrainingEvent happened)
    {
        if (happened is ManifestSaved manifest)
        {
            Manifests++;
            ManifestBytes += manifest.BytesWritten;
            StallSeconds += manifest.StallSeconds;
            Keep(_manifests, manifest);
        }
        else
        {
            Keep(_others, happened);
        }
    }

    /// <summary>The events after an entry that are still kept, in order.</summary>
    public IReadOnlyList<TrainingEvent> After(long entry) =>
        [.. _others.Concat(_manifests).Where(e => e.Position.Entry > entry).OrderBy(e => e.Position.Entry)];

    private static void Keep<T>(Queue<T> queue, T item)
    {
        queue.Enqueue(item);
        if (queue.Count > Capacity) queue.Dequeue();
    }
}
