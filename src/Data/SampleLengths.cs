namespace LisaOrleans.Data;

/// <summary>Lengths of a data set's records in tokens.</summary>
/// <param name="Shortest">The least.</param>
/// <param name="Median">Half of the records are at most as long.</param>
/// <param name="Percentile95">95 of 100 records are at most as long.</param>
/// <param name="Longest">The most.</param>
public sealed record SampleLengths(int Shortest, int Median, int Percentile95, int Longest)
{
    internal static SampleLengths? Of(List<int> lengths)
    {
        if (lengths.Count == 0) return null;
        var sorted = lengths.ToArray();
        Array.Sort(sorted);
        return new SampleLengths(sorted[0], At(0.5), At(0.95), sorted[^1]);

        // The least length that the share of records does not exceed.
        int At(double share) => sorted[Math.Max(0, (int)Math.Ceiling(share * sorted.Length) - 1)];
    }
}
