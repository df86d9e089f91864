namespace LisaOrleans.Bench;

internal static class Statistics
{
    /// <summary>The number in the middle, or the mean of the middle two.</summary>
    public static double Median(this IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
