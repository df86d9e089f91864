using System.Numerics;

namespace LisaOrleans.Training;

/// <summary>Bytes that gradients take for each number that trains.</summary>
/// <param name="Standing">
/// Sums of finished lanes that wait, at most, and the sum in float32 of the lane under way where it has several micro-batches: what stands
/// while the micro-batch's own does not exist yet.
/// </param>
/// <param name="Made">The gradient of the micro-batch under way, where that is not the sum itself.</param>
/// <param name="Applied">The step's, which the optimizer gets.</param>
internal readonly record struct GradientBytes(long Standing, long Made, long Applied)
{
    private const long Single = sizeof(float);

    /// <summary>All of them.</summary>
    public long Total => checked(Standing + Made);

    /// <summary>Those of a step.</summary>
    /// <param name="microBatches">How many micro-batches it has.</param>
    /// <param name="lanes">How many lanes a run has.</param>
    /// <param name="size">Bytes of a gradient as autograd makes it.</param>
    /// <param name="isTable">Whether it is of rows of a table, which are added at once. Default false.</param>
    public static GradientBytes Of(int microBatches, int lanes, long size, bool isTable = false)
    {
        // Low-precision gradients of several micro-batches of a lane are summed in float32. The sum of one lane alone may be a single
        // gradient, which is as it was made.
        var isSummed = microBatches > lanes;
        var ofOneLane = isSummed ? Single : size;
        var waiting = Enumerable.Range(0, Math.Min(lanes, microBatches))
            .Max(done => (Single * BitOperations.PopCount((uint)done >> 1)) + ((done & 1) * ofOneLane));
        var isAddedAtOnce = isSummed && (isTable || size == Single);
        return new GradientBytes(checked(waiting + (isSummed ? Single : 0)), isAddedAtOnce ? 0 : size, microBatches > 1 ? Single : size);
    }
}
