using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <summary>
/// Cuts a model into contiguous stages, one for each silo, so that the slowest stage is as quick as can be within every
/// silo's memory. A pure function: every silo that plans comes to the same.
/// </summary>
internal static class StagePlanner
{
    // Memory for activations and the runtime beside weights, gradients and optimizer state.
    private const double Headroom = 1.25;

    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="silos">Silos in the order of the walk; those past the number of layers stay idle.</param>
    /// <exception cref="NoRoomException">There are no silos, or too little memory.</exception>
    public static StagePlan Plan(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos)
    {
        if (silos.Count == 0) throw new NoRoomException("no live silo of role gpu");
        var layers = config.NumHiddenLayers;
        var work = PartWork.Of(config, spec);
        for (var count = Math.Min(silos.Count, layers); count >= 1; count--)
        {
            if (Cut(work, layers, config.TieWordEmbeddings, [.. silos.Take(count)]) is { } cuts) return Stages(cuts, layers, config.TieWordEmbeddings, silos);
        }

        throw new NoRoomException(
            $"the model needs {work.TotalBytes(layers) * Headroom / 1e9:0.0} GB; the {silos.Count} live silos of role gpu offer "
            + string.Join(" + ", silos.Select(s => $"{s.MemoryBytes / 1e9:0.0}")) + " GB");
    }

    // best[s, n]: the cost of the slowest of the first s stages when they hold the first n layers.
    private static int[]? Cut(PartWork work, int layers, bool tied, TrainingSilo[] silos)
    {
        var best = new double[silos.Length + 1, layers + 1];
        var from = new int[silos.Length + 1, layers + 1];
        for (var n = 0; n <= layers; n++) best[0, n] = n == 0 ? 0 : double.PositiveInfinity;
        for (var s = 1; s <= silos.Length; s++)
        {
            for (var n = 0; n <= layers; n++)
            {
                best[s, n] = double.PositiveInfinity;
                for (var before = 0; before < n; before++)
                {
                    var (cost, bytes) = Stage(work, n - before, first: s == 1, last: s == silos.Length, tied);
                    var room = silos[s - 1].MemoryBytes;
                    if (room > 0 && bytes * Headroom > room) continue;
                    var worst = Math.Max(best[s - 1, before], cost);
                    if (worst < best[s, n]) (best[s, n], from[s, n]) = (worst, before);
                }
            }
        }

        if (double.IsInfinity(best[silos.Length, layers])) return null;
        var cuts = new int[silos.Length + 1];
        cuts[^1] = layers;
        for (var s = silos.Length; s >= 1; s--) cuts[s - 1] = from[s, cuts[s]];
        return cuts;
    }

    private static (double Cost, double Bytes) Stage(PartWork work, int layers, bool first, bool last, bool tied)
    {
        var (cost, bytes) = (layers * work.LayerCost, layers * work.LayerBytes);
        if (first) (cost, bytes) = (cost + work.EmbeddingCost, bytes + work.EmbeddingBytes);
        if (tied ? first : last) (cost, bytes) = (cost + work.HeadCost, bytes + work.HeadBytes);
        return (cost, bytes);
    }

    private static StagePlan Stages(int[] cuts, int layers, bool tied, IReadOnlyList<TrainingSilo> silos)
    {
        var last = cuts.Length - 2;
        return new StagePlan([.. Enumerable.Range(0, cuts.Length - 1).Select(s =>
        {
            IEnumerable<string> parts = Enumerable.Range(cuts[s], cuts[s + 1] - cuts[s]).Select(PartName.Layer);
            if (s == 0) parts = parts.Prepend(PartName.Embedding);
            if (s == (tied ? 0 : last)) parts = parts.Append(PartName.Head);
            return new SiloStage(silos[s].Address, [.. parts]);
        })]);
    }
}
