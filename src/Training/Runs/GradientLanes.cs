using System.Numerics;

namespace LisaOrleans.Training;

/// <summary>
/// How the micro-batches of a step are dealt to lanes: gradients are summed within a lane, and then lanes by a fixed tree. So the sum
/// has the same bits wherever lanes are computed.
/// </summary>
public static class GradientLanes
{
    // What a run has whose settings do not say. More would cost memory: sums of lanes wait for each other.
    private const int Most = 4;

    /// <summary>Lanes of a new run with so many micro-batches in a step, if its settings do not say.</summary>
    public static int Default(int microBatches) => Math.Min(microBatches, Most);

    /// <summary>Lanes of a run. Those that began before there were lanes have one.</summary>
    public static int Of(TrainingSpec spec) => Math.Max(1, spec.GradientLanes);

    /// <summary>The lane of a micro-batch.</summary>
    public static int LaneOf(int microBatch, int lanes) => microBatch % lanes;

    /// <summary>The micro-batches of a step in the order of their work: one lane is finished before the next begins.</summary>
    /// <param name="microBatches">How many the step has.</param>
    /// <param name="lanes">Lanes of the run.</param>
    public static IReadOnlyList<int> Order(int microBatches, int lanes) =>
        [.. Enumerable.Range(0, microBatches).OrderBy(i => LaneOf(i, lanes)).ThenBy(i => i)];

    /// <summary>
    /// The most sums of other replicas that wait with a part's owner, however lanes are dealt: those of the lanes before its own, and of
    /// those after, as few as the tree allows.
    /// </summary>
    /// <param name="lanes">Lanes of the run.</param>
    /// <param name="replicas">How many share them, each at least one.</param>
    public static int Arriving(int lanes, int replicas)
    {
        if (replicas < 2) return 0;
        var (most, before) = (0, 0);
        for (var end = 1; end <= lanes; end++)
        {
            // Of two replicas one has the first lanes and the other the last; of more, one may have others' on both sides of its own.
            before = Math.Max(before, BitOperations.PopCount((uint)end - 1));
            var after = Sums(end, lanes);
            most = Math.Max(most, replicas > 2 ? before + after : end < lanes ? after : before);
        }

        return most;

        // Whole subtrees one after the other, each as large as its place and the end allow.
        static int Sums(int from, int to)
        {
            var count = 0;
            for (var size = 0; from < to; from += size, count++)
                for (size = from & -from; from + size > to;) size /= 2;
            return count;
        }
    }
}
