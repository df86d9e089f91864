namespace LisaOrleans.Data.Tests;

internal static class ChiSquare
{
    /// <summary>Pearson's statistic of counts that should all be equal.</summary>
    public static double Uniform(IReadOnlyCollection<int> counts)
    {
        var expected = counts.Average();
        return counts.Sum(c => (c - expected) * (c - expected) / expected);
    }
}
