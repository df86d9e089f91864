namespace LisaOrleans.Training;

/// <summary>How long to train between manifests, where each costs something and so does what is lost without them.</summary>
public static class SaveInterval
{
    /// <summary>
    /// Young's first order: the square root of 2 C M (J. W. Young, A first order approximation to the optimum checkpoint interval,
    /// Communications of the ACM 17(9), 1974).
    /// </summary>
    /// <param name="cost">C: seconds that a manifest costs.</param>
    /// <param name="meanTime">M: seconds from one failure to the next, on average.</param>
    /// <returns>Seconds.</returns>
    public static double Young(double cost, double meanTime) => Math.Sqrt(2 * cost * meanTime);

    /// <summary>
    /// Daly's higher order, which also holds where manifests are not much cheaper than failures are rare (J. T. Daly, A higher order
    /// estimate of the optimum checkpoint interval for restart dumps, Future Generation Computer Systems 22(3), 2006, equation 37).
    /// </summary>
    /// <param name="cost">C: seconds that a manifest costs.</param>
    /// <param name="meanTime">M: seconds from one failure to the next, on average.</param>
    /// <returns>Seconds of training between manifests.</returns>
    public static double Daly(double cost, double meanTime)
    {
        if (double.IsPositiveInfinity(meanTime)) return double.PositiveInfinity;
        if (cost >= 2 * meanTime) return meanTime;
        var share = cost / (2 * meanTime);
        return (Young(cost, meanTime) * (1 + (Math.Sqrt(share) / 3) + (share / 9))) - cost;
    }
}
