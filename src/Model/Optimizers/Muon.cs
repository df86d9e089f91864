using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers in neural networks"): the momentum of a matrix, which is one
/// number for each weight, is brought near an orthogonal matrix by five Newton-Schulz steps. The update is scaled to the size
/// of AdamW's (Liu et al., arXiv 2502.16982), so that both use the same learning rate, as <c>torch.optim.Muon</c> does with
/// <c>adjust_lr_fn="match_rms_adamw"</c>. Embedding, head, norms and biases are not hidden matrices: AdamW updates them. A
/// stack of experts counts as one matrix per expert.
/// </summary>
/// <param name="AdamW">How everything else is updated; its weight decay is that of the matrices, too.</param>
public sealed record Muon(AdamW AdamW) : IPartOptimizer
{
    private const string MomentumBuffer = "momentum_buffer";
    private const double Momentum = 0.95;
    private const int Steps = 5;
    private const double LeastNorm = 1e-7;

    /// <summary>Root mean square of AdamW's updates, as measured in the paper that <see cref="Muon"/> names.</summary>
    private const double AdamWSize = 0.2;

    /// <inheritdoc/>
    public IReadOnlyList<TensorSpec> StateTensors(ParameterSpec parameter, PartDtypes dtypes) => parameter.IsHiddenMatrix
        ? [new TensorSpec(MomentumBuffer, parameter.Shape, dtypes.OptimizerState)]
        : AdamW.StateTensors(parameter, dtypes);

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<ParameterUpdate> updates, long stateStep, double learningRate) =>
        HiddenMatrices.Apply(AdamW, updates, stateStep, learningRate, update =>
        {
            var (parameter, state, gradient) = update;
            var wide = gradient.to(ScalarType.Float32).Times(1 - Momentum);
            var momentum = state[MomentumBuffer].to(ScalarType.Float32).Times(Momentum).Plus(wide);
            AdamW.Write(state[MomentumBuffer], momentum, $"{parameter.Name}/{stateStep}/{MomentumBuffer}");

            // Nesterov's momentum: what it would be after another gradient like this one.
            var direction = Orthogonalized(momentum.Times(Momentum).Plus(wide));
            var size = AdamWSize * Math.Sqrt(Math.Max(gradient.shape[^1], gradient.shape[^2]));
            return direction.Times(-learningRate * size);
        });

    /// <summary>
    /// A matrix with the same singular vectors, and singular values between about 0.7 and 1.2 where they were not far below the
    /// largest: a quintic Newton-Schulz iteration with the coefficients of Jordan et al.
    /// </summary>
    /// <param name="matrix">[..., rows, columns] in float32.</param>
    internal static Tensor Orthogonalized(Tensor matrix)
    {
        var isTall = matrix.shape[^2] > matrix.shape[^1];
        var x = isTall ? matrix.transpose(-2, -1) : matrix;
        x = x / x.mul(x).sum([-2, -1], keepdim: true).sqrt().Clamped(LeastNorm, null);
        for (var step = 0; step < Steps; step++)
        {
            var square = x.matmul(x.transpose(-2, -1));
            var polynomial = square.Times(-4.7750).Plus(square.matmul(square).Times(2.0315));
            x = x.Times(3.4445).Plus(polynomial.matmul(x));
        }

        return isTall ? x.transpose(-2, -1) : x;
    }
}
