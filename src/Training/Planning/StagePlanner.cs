using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Cuts a model into contiguous stages, at most one for each silo, so that the slowest stage, by its arithmetic and its silo's speed, is as
/// fast as possible within every silo's memory. A pure function: every silo that plans comes to the same result.
/// </summary>
public static class StagePlanner
{
    // Memory for activations and the runtime besides weights, gradients and optimizer state.
    private const double Headroom = 1.25;

    // Replicas on silos that are alike are cut alike, each more than once.
    private static readonly LastResult<(PartWork Work, int Layers, bool Tied, TrainingSilo[] Silos), int[]?> s_last = new(
        a => Find(a.Work, a.Layers, a.Tied, a.Silos),
        (a, b) => ReferenceEquals(a.Work, b.Work) && a.Silos.AsSpan().SequenceEqual(b.Silos));

    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="silos">
    /// Silos in the order of the walk. Those that are too small stay idle, and so do the last ones if there are fewer layers.
    /// </param>
    /// <param name="arriving">Sums of each gradient that may come from other replicas; see <see cref="PartWork.Of"/>.</param>
    /// <exception cref="NoRoomException">There are no silos, or too little memory.</exception>
    public static StagePlan Plan(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, int arriving = 0)
    {
        if (silos.Count == 0) throw new NoRoomException("no live silo of role gpu");
        var layers = config.NumHiddenLayers;
        var work = PartWork.Of(config, spec, arriving);
        if (Cut(work, layers, config.TieWordEmbeddings, silos) is { } cuts) return Stages(cuts, layers, config.TieWordEmbeddings, silos);
        throw new NoRoomException(
            $"the model needs {work.TotalBytes * Headroom / 1e9:0.0} GB; the {silos.Count} live silos of role gpu offer "
            + string.Join(" + ", silos.Select(s => $"{s.MemoryBytes / 1e9:0.0}")) + " GB");
    }

    /// <summary>Whether <see cref="Plan"/> would find room.</summary>
    public static bool Fits(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, int arriving = 0) =>
        silos.Count > 0 && Cut(PartWork.Of(config, spec, arriving), config.NumHiddenLayers, config.TieWordEmbeddings, silos) is not null;

    /// <summary>Multiply-adds for each token in the slowest of some stages, if its silo had speed 1.</summary>
    internal static double SlowestStage(
        ModelConfig config, TrainingSpec spec, IEnumerable<SiloStage> stages, IReadOnlyList<TrainingSilo> silos)
    {
        var work = PartWork.Of(config, spec);
        var speeds = silos.ToDictionary(s => s.Address, s => s.Speed);
        return stages.Max(s => s.Parts.Sum(p => p switch
        {
            PartName.Embedding => work.EmbeddingCost,
            PartName.Head => work.HeadCost,
            _ => work.LayerCosts[PartName.LayerIndex(p)!.Value],
        }) / speeds[s.Silo]) / config.NumHiddenLayers;
    }

    // Where the silos are does not matter.
    private static int[]? Cut(PartWork work, int layers, bool tied, IReadOnlyList<TrainingSilo> silos) =>
        s_last.Of((work, layers, tied, [.. silos.Select(s => s with { Address = "" })]));

    // best[s, n]: the slowest stage's time when the first s silos hold the first n layers, and how many of them are idle then.
    private static int[]? Find(PartWork work, int layers, bool tied, IReadOnlyList<TrainingSilo> silos)
    {
        var best = new (double Cost, int Idle)[silos.Count + 1, layers + 1];
        var from = new int[silos.Count + 1, layers + 1];
        var costs = SumsBefore(work.LayerCosts);
        for (var n = 1; n <= layers; n++) best[0, n].Cost = double.PositiveInfinity;
        for (var n = 0; n <= layers; n++)
        {
            var sizes = n > 0 ? work.LayersUpTo(n) : [];
            for (var s = 1; s <= silos.Count; s++)
            {
                var room = silos[s - 1].MemoryBytes;
                (best[s, n], from[s, n]) = ((best[s - 1, n].Cost, best[s - 1, n].Idle + 1), n);
                for (var before = 0; before < n; before++)
                {
                    if (double.IsInfinity(best[s - 1, before].Cost)) continue;
                    var (cost, bytes) = WithEnds(work, costs[n] - costs[before], sizes[before], first: before == 0, last: n == layers, tied);
                    if (room > 0 && bytes * Headroom > room) continue;
                    var (slowest, idle) = (Math.Max(best[s - 1, before].Cost, cost / silos[s - 1].Speed), best[s - 1, before].Idle);
                    if (slowest < best[s, n].Cost || (slowest == best[s, n].Cost && idle < best[s, n].Idle))
                        (best[s, n], from[s, n]) = ((slowest, idle), before);
                }
            }
        }

        if (double.IsInfinity(best[silos.Count, layers].Cost)) return null;
        var cuts = new int[silos.Count + 1];
        cuts[^1] = layers;
        for (var s = silos.Count; s >= 1; s--) cuts[s - 1] = from[s, cuts[s]];
        return cuts;
    }

    // [n]: the sum of the first n.
    private static double[] SumsBefore(IReadOnlyList<double> values)
    {
        var sums = new double[values.Count + 1];
        for (var i = 0; i < values.Count; i++) sums[i + 1] = sums[i] + values[i];
        return sums;
    }

    private static (double Cost, double Bytes) WithEnds(PartWork work, double cost, double bytes, bool first, bool last, bool tied)
    {
        if (first) (cost, bytes) = (cost + work.EmbeddingCost, bytes + work.EmbeddingBytes);
        if (tied ? first : last) (cost, bytes) = (cost + work.HeadCost, bytes + work.HeadBytes);
        return (cost, bytes);
    }

    // A silo without layers has no stage.
    private static StagePlan Stages(int[] cuts, int layers, bool tied, IReadOnlyList<TrainingSilo> silos) =>
        new([.. Enumerable.Range(0, silos.Count).Where(s => cuts[s] < cuts[s + 1]).Select(s =>
        {
            var (first, last) = (cuts[s] == 0, cuts[s + 1] == layers);
            var parts = Enumerable.Range(cuts[s], cuts[s + 1] - cuts[s]).Select(PartName.Layer);
            if (first) parts = parts.Prepend(PartName.Embedding);
            if (tied ? first : last) parts = parts.Append(PartName.Head);
            return new SiloStage(silos[s].Address, [.. parts]);
        })]);
}
