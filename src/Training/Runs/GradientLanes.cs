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

    /// <summary>The most sums of finished lanes that wait while another lane is under way in the same process.</summary>
    public static int Waiting(int lanes) => (int)Math.Log2(lanes);
}
