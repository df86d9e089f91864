namespace LisaOrleans.Bench;

/// <summary>What was measured of a method.</summary>
/// <param name="Method">Its name.</param>
/// <param name="Rate">The learning rate that was best.</param>
/// <param name="Tried">The evaluation loss at the end by learning rate, with the seed for that.</param>
/// <param name="Runs">The runs with the best rate, one for each seed.</param>
internal sealed record QualityResult(string Method, double Rate, IReadOnlyDictionary<double, double> Tried, IReadOnlyList<QualityRun> Runs)
{
    /// <summary>The mean loss at the end.</summary>
    public double Loss => Runs.Average(r => r.Loss);

    /// <summary>The sample standard deviation of the losses at the end.</summary>
    public double Spread => Math.Sqrt(Runs.Sum(r => Math.Pow(r.Loss - Loss, 2)) / (Runs.Count - 1));

    /// <summary>Mean processor seconds.</summary>
    public double Seconds => Runs.Average(r => r.Seconds);

    /// <summary>Mean peak memory in bytes.</summary>
    public double Bytes => Runs.Average(r => r.Bytes);

    /// <summary>Mean losses by step.</summary>
    public IEnumerable<(double X, double Y)> Curve => Runs[0].Losses.Keys.Select(step => ((double)step, Runs.Average(r => r.Losses[step])));
}
