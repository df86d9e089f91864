using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// GaLore (Zhao et al., arXiv 2403.03507, algorithm 2): AdamW of the gradient's projection to its first singular vectors, whose
/// moments are small, projected back. The vectors are found anew now and then; the moments stay, as in the authors' program.
/// Embedding, head, norms and biases are no hidden matrices: AdamW updates them. A stack of experts counts as one matrix per expert.
/// </summary>
/// <param name="AdamW">How projections and everything else are updated; its weight decay is that of the matrices, too.</param>
/// <param name="Rank">Singular vectors that are kept; all of them where a matrix has fewer.</param>
/// <param name="UpdateProjGap">Updates between two decompositions.</param>
/// <param name="Scale">What updates of matrices are multiplied by.</param>
/// <param name="WaitsForGradients">
/// Whether a matrix whose gradient is all zeros gets its vectors with the first gradient that is not: LoRA's A, whose B begins as zeros, or
/// an expert without tokens. Else (default) such a gradient gives it arbitrary vectors, until the next are found.
/// </param>
public sealed record GaLore(AdamW AdamW, int Rank, int UpdateProjGap, double Scale, bool WaitsForGradients = false) : IPartOptimizer
{
    private const string Projection = "projection";

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
        ];
    }

    /// <inheritdoc/>
    public long UpdateBytes(ParameterSpec parameter, PartDtypes dtypes, ScalarType gradient) =>
        parameter.IsHiddenMatrix
            ? checked(sizeof(float) * (new LowRank(parameter.Shape, Rank).SubspaceNumbers + (AdamW.Rounding is null ? 0 : parameter.Count)))
            : AdamW.UpdateBytes(parameter, dtypes, gradient);

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<ParameterUpdate> updates, long stateStep, long keyStep, double learningRate) =>
        HiddenMatrices.Apply(AdamW, updates, stateStep, keyStep, learningRate, update =>
        {
            var (parameter, state, gradient) = update;
            var lowRank = new LowRank(parameter.Shape, Rank);
            var wide = gradient.to(ScalarType.Float32);
            if (WaitsForGradients) lowRank.PutSubspaces(wide, state[Projection], stateStep, UpdateProjGap);
            else if (LowRank.IsDue(state[Projection], stateStep, UpdateProjGap)) lowRank.PutSubspace(wide, state[Projection]);
            var step = AdamW.StepFromZero(update, lowRank.Project(wide, state[Projection]), stateStep, keyStep);
            var change = lowRank.Back(step, state[Projection]);
            change.ScaleInPlace(learningRate * Scale);
            return change;
        });
}
