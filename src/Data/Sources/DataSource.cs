namespace LisaOrleans.Data;

/// <summary>One of the sources of a data set.</summary>
/// <param name="Path">As the user wrote it.</param>
/// <param name="Files">Its files.</param>
/// <param name="Weight">How often its records are used: 0.5 uses half of them, 2 each twice.</param>
internal sealed record DataSource(string Path, IReadOnlyList<string> Files, double Weight)
{
    // For a fraction, the same records are chosen each time.
    private const ulong Seed = 0x6C697361;

    /// <summary>What of it was chosen, in words; null for all of it.</summary>
    public string? Note { get; init; }

    /// <summary>How often a record is used.</summary>
    public int Uses(long record)
    {
        var whole = (int)Weight;
        return whole + (Share(record, stream: 1) < Weight - whole ? 1 : 0);
    }

    /// <summary>Whether a record belongs to the share of all records that is held out.</summary>
    public bool IsHeldOut(long record, double share) => Share(record, stream: 2) < share;

    // The record's own number, from 0 to below 1.
    private double Share(long record, ulong stream) => (new CounterRandom(Seed + stream, (ulong)record).NextUInt64() >> 11) * (1.0 / (1UL << 53));
}
