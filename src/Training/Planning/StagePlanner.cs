using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Cuts a model into contiguous stages, at most one for each silo, so that the slowest stage, by its arithmetic and its silo's speed, is as
/// fast as possible within every silo's memory. A pure function: every silo that plans comes to the same result.
/// </summary>
public static class StagePlanner
{
    // Where a run does not fit the memory that silos found, by how much more of it is tried. Plans leave a quarter free, and are right to a
    // tenth: what does not fit the last of these would not fit the machines.
    private static readonly double[] s_stretches = [StageMemory.Headroom, 1.5];

    // Replicas on silos that are alike are cut alike, each more than once.
    private static readonly LastResult<(StageMemory Memory, TrainingSilo[] Silos), StageCuts?> s_last = new(a => Find(a.Memory, a.Silos), Same);

    // Apart, or it would take the place of what is asked for next.
    private static readonly LastResult<(StageMemory Memory, TrainingSilo[] Silos), StageCuts?> s_lastStretched = new(
        a => s_stretches.Select(by => Find(a.Memory, [.. a.Silos.Select(s => Stretched(s, by))])).FirstOrDefault(cuts => cuts is not null), Same);

    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="silos">
    /// Silos in the order of the walk, which is another one where they have no room in this. Those that are too small stay idle, and so do
    /// the last ones if there are fewer layers.
    /// </param>
    /// <param name="arriving">Sums of each gradient that may come from other replicas; see <see cref="PartWork.Of"/>.</param>
    /// <exception cref="NoRoomException">There are no silos, or too little memory.</exception>
    public static StagePlan Plan(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, int arriving = 0)
    {
        if (silos.Count == 0) throw new NoRoomException("no live silo of role gpu");
        var memory = StageMemory.Of(config, spec, arriving);
        if (CutIfPossible(memory, silos) is { } cuts) return Stages(memory, cuts, silos);
        if (IsOnlyForCpus(spec, silos)) throw new NoRoomException($"the form of frozen weights is {WeightForms.OnlyOnCpus}");
        var needed = Math.Max(memory.Work.TotalBytes * StageMemory.Headroom, RunCapacity.Estimate(spec, config, silos.All(s => s.OnGpu)).Tensors);
        throw new NoRoomException(
            $"the model needs {needed / 1e9:0.0} GB; the {silos.Count} live silos of role gpu offer "
            + string.Join(" + ", silos.Select(s => $"{s.MemoryBytes / 1e9:0.0}")) + " GB" + RunCapacity.Found(silos));
    }

    /// <summary>
    /// Whether <see cref="Plan"/> would find room: stages can be cut for which these silos have it, activations among all else, or may
    /// have it where their memory is only what they found.
    /// </summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="silos">The silos of a replica.</param>
    /// <param name="arriving">Sums in float32 of each gradient that may come from other replicas. Default 0.</param>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public static bool Fits(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, int arriving = 0) =>
        silos.Count > 0 && CutIfPossible(StageMemory.Of(config, spec, arriving), silos) is not null;

    /// <summary>The same, but of silos that may have room it counts only those that surely do.</summary>
    /// <param name="config">The model's shape.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="silos">The silos of a replica.</param>
    /// <param name="arriving">Sums in float32 of each gradient that may come from other replicas. Default 0.</param>
    /// <exception cref="OverflowException">A number does not fit 64 bits.</exception>
    public static bool FitsWell(ModelConfig config, TrainingSpec spec, IReadOnlyList<TrainingSilo> silos, int arriving = 0) =>
        silos.Count > 0 && Cut(StageMemory.Of(config, spec, arriving), silos) is not null;

    /// <summary>Whether no silo can have a part of a run because all compute on a GPU.</summary>
    internal static bool IsOnlyForCpus(TrainingSpec spec, IReadOnlyList<TrainingSilo> silos) =>
        !WeightForms.RunOnGpus(spec) && silos.All(s => s.OnGpu);

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

    private static StageCuts? CutIfPossible(StageMemory memory, IReadOnlyList<TrainingSilo> silos) =>
        Cut(memory, silos) ?? (silos.Any(s => s.IsMemoryFound) ? s_lastStretched.Of((memory, Alike(silos))) : null);

    private static TrainingSilo Stretched(TrainingSilo silo, double by) =>
        silo.IsMemoryFound ? silo with { MemoryBytes = (long)(silo.MemoryBytes * by) } : silo;

    private static StageCuts? Cut(StageMemory memory, IReadOnlyList<TrainingSilo> silos) => s_last.Of((memory, Alike(silos)));

    // Where the silos are does not matter, nor which.
    private static TrainingSilo[] Alike(IReadOnlyList<TrainingSilo> silos) =>
        [.. silos.Select(s => s with { Address = "", Rates = null, Kind = null })];

    private static bool Same((StageMemory Memory, TrainingSilo[] Silos) a, (StageMemory Memory, TrainingSilo[] Silos) b) =>
        ReferenceEquals(a.Memory, b.Memory) && a.Silos.AsSpan().SequenceEqual(b.Silos);

    private static StageCuts? Find(StageMemory memory, IReadOnlyList<TrainingSilo> silos) => Orders(silos, memory.IsTied)
        .Select(order => FindInOrder(memory, [.. order.Select(s => silos[s])]) is { } found ? found with { Order = order } : null)
        .FirstOrDefault(found => found is not null);

    // As they are given, and else so that the ends, which take more than layers, come to silos with much memory: the embedding, with a
    // tied head, to the first, and a head of its own to the last, which takes more than the embedding where few of its rows have gradients.
    private static IEnumerable<int[]> Orders(IReadOnlyList<TrainingSilo> silos, bool tied)
    {
        yield return [.. Enumerable.Range(0, silos.Count)];

        // Alike, they have room in no other order.
        if (silos.Distinct().Count() < 2) yield break;
        int[] falling = [.. Enumerable.Range(0, silos.Count).OrderByDescending(s => silos[s].MemoryBytes is > 0 and var bytes ? bytes : long.MaxValue)];
        yield return falling;
        if (tied || silos.Count < 2) yield break;
        yield return [falling[0], .. falling[2..], falling[1]];
        yield return [falling[1], .. falling[2..], falling[0]];
    }

    private static StageCuts? FindInOrder(StageMemory memory, IReadOnlyList<TrainingSilo> silos)
    {
        if (Find(memory, silos, inFlight: 1) is not { } best) return null;

        // Where these stages have no room for as many micro-batches as keep all of them at work, others may have.
        var most = Math.Min(silos.Count, memory.MicroBatches);
        for (var inFlight = 2; inFlight <= most && best.Waiting > 1; inFlight++)
        {
            if (Find(memory, silos, inFlight) is not { } other) break;
            if (other.Cost < best.Cost) best = other;
        }

        return best;
    }

    // best[s, n]: the slowest stage's time when the first s silos hold the first n layers, and how many of them are idle then.
    private static StageCuts? Find(StageMemory memory, IReadOnlyList<TrainingSilo> silos, int inFlight)
    {
        var (work, layers) = (memory.Work, memory.Layers);
        var best = new (double Cost, int Idle)[silos.Count + 1, layers + 1];
        var from = new int[silos.Count + 1, layers + 1];
        var costs = SumsBefore(work.LayerCosts);
        for (var n = 1; n <= layers; n++) best[0, n].Cost = double.PositiveInfinity;
        for (var n = 0; n <= layers; n++)
        {
            var (onCpu, onGpu) = (SizesUpTo(n, onGpu: false), SizesUpTo(n, onGpu: true));
            for (var s = 1; s <= silos.Count; s++)
            {
                (best[s, n], from[s, n]) = ((best[s - 1, n].Cost, best[s - 1, n].Idle + 1), n);
                var (silo, sizes) = (silos[s - 1], silos[s - 1].OnGpu ? onGpu : onCpu);
                for (var before = 0; before < n; before++)
                {
                    if (double.IsInfinity(best[s - 1, before].Cost)) continue;
                    var (first, last) = (before == 0, n == layers);
                    var cost = WithEnds(work, costs[n] - costs[before], first, last, memory.IsTied) / silo.Speed;
                    var (slowest, idle) = (Math.Max(best[s - 1, before].Cost, cost), best[s - 1, before].Idle);
                    if (slowest > best[s, n].Cost || (slowest == best[s, n].Cost && idle >= best[s, n].Idle)) continue;
                    if (!memory.Fits(sizes[before], first, last, inFlight, silo)) continue;
                    (best[s, n], from[s, n]) = ((slowest, idle), before);
                }
            }
        }

        if (double.IsInfinity(best[silos.Count, layers].Cost)) return null;
        var ends = new int[silos.Count + 1];
        ends[^1] = layers;
        for (var s = silos.Count; s >= 1; s--) ends[s - 1] = from[s, ends[s]];
        return new StageCuts([], ends, best[silos.Count, layers].Cost, InFlight(memory, ends, silos));

        (double Held, LayersMemory Pass)[] SizesUpTo(int n, bool onGpu) =>
            n > 0 && silos.Any(s => s.OnGpu == onGpu) ? memory.LayersUpTo(n, onGpu) : [];
    }

    // One micro-batch for each stage, and one that is between two of them, or as many as every stage has room for.
    private static int InFlight(StageMemory memory, int[] ends, IReadOnlyList<TrainingSilo> silos)
    {
        var stages = Enumerable.Range(0, silos.Count).Where(s => ends[s] < ends[s + 1])
            .Select(s => (
                Layers: memory.LayersUpTo(ends[s + 1], silos[s].OnGpu)[ends[s]], First: ends[s] == 0, Last: ends[s + 1] == memory.Layers,
                Silo: silos[s]))
            .ToArray();
        var inFlight = StagePlan.MostInFlight(stages.Length);
        while (inFlight > 1 && !stages.All(s => memory.Fits(s.Layers, s.First, s.Last, inFlight, s.Silo))) inFlight--;
        return inFlight;
    }

    // [n]: the sum of the first n.
    private static double[] SumsBefore(IReadOnlyList<double> values)
    {
        var sums = new double[values.Count + 1];
        for (var i = 0; i < values.Count; i++) sums[i + 1] = sums[i] + values[i];
        return sums;
    }

    private static double WithEnds(PartWork work, double cost, bool first, bool last, bool tied) =>
        cost + (first ? work.EmbeddingCost : 0) + ((tied ? first : last) ? work.HeadCost : 0);

    // A silo without layers has no stage.
    private static StagePlan Stages(StageMemory memory, StageCuts found, IReadOnlyList<TrainingSilo> silos)
    {
        var (cuts, layers) = (found.Ends, memory.Layers);
        return new([.. Enumerable.Range(0, silos.Count).Where(s => cuts[s] < cuts[s + 1]).Select(s =>
        {
            var (first, last) = (cuts[s] == 0, cuts[s + 1] == layers);
            var parts = Enumerable.Range(cuts[s], cuts[s + 1] - cuts[s]).Select(PartName.Layer);
            if (first) parts = parts.Prepend(PartName.Embedding);
            if (memory.IsTied ? first : last) parts = parts.Append(PartName.Head);
            return new SiloStage(silos[found.Order[s]].Address, [.. parts]);
        })])
        {
            InFlight = [found.InFlight],
        };
    }

    /// <summary>How layers are cut.</summary>
    /// <param name="Order">The silos in the order of the walk.</param>
    /// <param name="Ends">[s]: layers on the silos before silo s of these.</param>
    /// <param name="Slowest">The slowest stage's time.</param>
    /// <param name="InFlight">Micro-batches on their way that the stages have room for.</param>
    private sealed record StageCuts(int[] Order, int[] Ends, double Slowest, int InFlight)
    {
        /// <summary>How many times longer a step takes where too few micro-batches are on their way to keep all stages at work.</summary>
        public double Waiting => StagePlan.Waiting(Enumerable.Range(0, Ends.Length - 1).Count(s => Ends[s] < Ends[s + 1]), InFlight);

        public double Cost => Slowest * Waiting;
    }
}
