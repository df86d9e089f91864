namespace LisaOrleans.Training;

/// <summary>Where a row of losses rises.</summary>
/// <param name="From">Index of the last loss before it.</param>
/// <param name="To">Index of the first loss that is clearly higher.</param>
/// <param name="Size">All of the rise, in nats: how far a loss is above an earlier one. What follows <paramref name="To"/> counts.</param>
public sealed record LossRise(int From, int To, double Size)
{
    // Parts of the rise. An optimizer's momentum makes one bad step into a rise over many, and the step is at its beginning.
    private const double Begun = 0.05;
    private const double Clear = 0.5;

    /// <summary>The greatest rise of a loss over an earlier one, wherever the losses fall otherwise; null where none is greater.</summary>
    /// <param name="losses">Losses in the order of their steps; infinity where there is no number.</param>
    /// <param name="threshold">The greatest rise, in nats, that does not count; at least 0.</param>
    public static LossRise? Find(IReadOnlyList<double> losses, double threshold)
    {
        var (lowest, low, high, size) = (0, 0, 0, threshold);
        for (var i = 1; i < losses.Count; i++)
        {
            if (losses[i] <= losses[lowest]) lowest = i;
            else if (losses[i] - losses[lowest] > size) (low, high, size) = (lowest, i, losses[i] - losses[lowest]);
        }

        if (high == 0) return null;
        var from = high - 1;
        while (from > low && losses[from] - losses[low] > Begun * size) from--;
        var to = from + 1;
        while (to < high && losses[to] - losses[low] < Clear * size) to++;
        return new LossRise(from, to, size);
    }
}
