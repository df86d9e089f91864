namespace LisaOrleans.Checkpoints;

/// <summary>
/// The clock that stamps a folder's files, which is a server's where the folder is shared. This machine's may differ from it by days, and a
/// garbage collection goes by the files.
/// </summary>
/// <param name="time">Only measures what passes.</param>
internal sealed class FolderClock(TimeProvider time)
{
    // A machine that sleeps does not count that: what is known of the other clock is not kept for long.
    private static readonly TimeSpan s_known = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_young = TimeSpan.FromMinutes(1);

    private volatile Stamp? _last;

    /// <summary>Takes note of the time that a file has got just now.</summary>
    public void Stamped(DateTime written) => _last = new Stamp(written, time.GetTimestamp());

    /// <summary>Whether a file is less than a minute old; false where that is not known.</summary>
    public bool IsYoung(DateTime written) =>
        _last is { } last && time.GetElapsedTime(last.At) is var since && since < s_known
        && (last.Written + since - written).Duration() < s_young;

    private sealed record Stamp(DateTime Written, long At);
}
