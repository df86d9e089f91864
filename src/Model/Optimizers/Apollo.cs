using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// APOLLO (Zhu et al., arXiv 2412.05270, algorithm 1): the gradient itself is the direction, and AdamW of its random projection
/// says how long the step is, for each row or column of the longer side, or for a matrix as a whole (APOLLO-Mini, with rank 1). A
/// step is at most 1.01 times as long as the one before (the norm-growth limiter). Embedding, head, norms and biases are no hidden
/// matrices: AdamW updates them. A stack of experts counts as one matrix per expert.
/// </summary>
/// <param name="AdamW">How projections and everything else are updated; its weight decay is that of the matrices, too.</param>
/// <param name="Rank">What the shorter side is projected to; all of it where it is less.</param>
/// <param name="UpdateProjGap">Updates between two projections.</param>
/// <param name="Scale">Updates of matrices are multiplied by its root.</param>
/// <param name="PerTensor">Whether a matrix has one factor.</param>
/// <param name="Seed">Keys the projections, with a parameter's name and the number of the update.</param>
/// <param name="CorrectsLast">
/// Whether the bias of AdamW's moments is corrected after the growth of a step is limited, as in the authors' program. Else (default) it is
/// before, and as a corrected step hardly grows the limiter seldom holds one of the first updates back.
/// </param>
public sealed record Apollo(
    AdamW AdamW, int Rank, int UpdateProjGap, double Scale, bool PerTensor, ulong Seed, bool CorrectsLast = false) : IPartOptimizer
{
    private const string Projection = "projection";
    private const string UpdateNorm = "update_norm";
    private const double MostGrowth = 1.01;
    private const double LeastNorm = 1e-8;

    // The number of an update that is so late that no bias is left.
    private const long Unbiased = long.MaxValue;

    /// <inheritdoc/>
    public StochasticRounding? Rounding => AdamW.Rounding;

    /// <inheritdoc/>
    public IReadOnlyList<TensorSpec> StateTensors(ParameterSpec parameter, PartDtypes dtypes)
    {
        if (!parameter.IsHiddenMatrix) return AdamW.StateTensors(parameter, dtypes);
        var lowRank = new LowRank(parameter.Shape, Rank);
        return
        [
            .. AdamW.StateTensors(parameter with { Shape = lowRank.Projected }, dtypes),
            new TensorSpec(Projection, lowRank.Projection, ScalarType.Float32),
            new TensorSpec(UpdateNorm, lowRank.Scalar, ScalarType.Float32),
        ];
    }

    /// <inheritdoc/>
    public long UpdateBytes(ParameterSpec parameter, PartDtypes dtypes, ScalarType gradient) => parameter.IsHiddenMatrix
        ? checked(sizeof(float) * (AdamW.Rounding is null ? 3 : 4) * parameter.Count)
        : AdamW.UpdateBytes(parameter, dtypes, gradient);

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<ParameterUpdate> updates, long stateStep, long keyStep, double learningRate) =>
        HiddenMatrices.Apply(AdamW, updates, stateStep, keyStep, learningRate, update =>
        {
            var (parameter, state, gradient) = update;
            var lowRank = new LowRank(parameter.Shape, Rank);
            if (LowRank.IsDue(state[Projection], stateStep, UpdateProjGap)) state[Projection].copy_(Random(parameter, lowRank, keyStep));
            var wide = gradient.to(ScalarType.Float32);
            var projected = lowRank.Project(wide, state[Projection]);
            long[] over = PerTensor ? [-2, -1] : [lowRank.RankDimension];
            var step = AdamW.StepFromZero(update, projected, CorrectsLast ? Unbiased : stateStep, keyStep);
            var factor = Norm(step, over) / Norm(projected, over).Plus(LeastNorm);
            var change = Limited(wide.mul(factor), state[UpdateNorm]);
            change.ScaleInPlace(-learningRate * Math.Sqrt(Scale) * (CorrectsLast ? Correction(stateStep) : 1));
            return change;
        });

    /// <summary>A projection [..., R, S] whose numbers are normal with variance 1 / R.</summary>
    /// <param name="parameter">Whose it is.</param>
    /// <param name="lowRank">Its shape.</param>
    /// <param name="keyStep">The update that begins to use it.</param>
    internal Tensor Random(ParameterSpec parameter, LowRank lowRank, long keyStep)
    {
        // On the CPU, so that every device has the same numbers.
        using var generator = new Generator(RandomKey.Of(Seed, $"{parameter.Name}/{keyStep}"));
        var shape = lowRank.Projection;
        return randn(shape, generator: generator).Over(Math.Sqrt(shape[^2]));
    }

    // What AdamW's correction of both moments multiplies a step by.
    private double Correction(long stateStep) =>
        Math.Sqrt(1 - Math.Pow(AdamW.Beta2, stateStep)) / (1 - Math.Pow(AdamW.Beta1, stateStep));

    private static Tensor Norm(Tensor x, long[] over)
    {
        using var squares = x.mul(x);
        return squares.sum(over, keepdim: true).sqrt();
    }

    // The first step, and the first after one of length 0, has no limit.
    private static Tensor Limited(Tensor direction, Tensor before)
    {
        var norm = Norm(direction, [-2, -1]);
        var growth = (norm / before.Plus(LeastNorm)).Clamped(MostGrowth, null).Over(MostGrowth).Filled(before.logical_not(), 1);
        before.copy_(norm / growth);
        return direction / growth;
    }
}
