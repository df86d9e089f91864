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
    public StochasticRounding? Rounding => AdamW.Rounding;

    /// <inheritdoc/>
    public IReadOnlyList<TensorSpec> StateTensors(ParameterSpec parameter, PartDtypes dtypes) => parameter.IsHiddenMatrix
        ? [new TensorSpec(MomentumBuffer, parameter.Shape, dtypes.OptimizerState)]
        : AdamW.StateTensors(parameter, dtypes);

    /// <inheritdoc/>
    public long UpdateBytes(ParameterSpec parameter, PartDtypes dtypes, ScalarType gradient)
    {
        if (!parameter.IsHiddenMatrix) return AdamW.UpdateBytes(parameter, dtypes, gradient);

        // A Newton-Schulz step has its matrix, what becomes of that, and a sum of both; and a square of the shorter side.
        var (rows, columns) = (parameter.Shape[^2], parameter.Shape[^1]);
        var square = parameter.Count / Math.Max(rows, columns) * Math.Min(rows, columns);
        return checked(sizeof(float) * ((3 * parameter.Count) + (AdamW.Rounding is null ? square : parameter.Count)));
    }

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<ParameterUpdate> updates, long stateStep, long keyStep, double learningRate) =>
        HiddenMatrices.Apply(AdamW, updates, stateStep, keyStep, learningRate, update =>
        {
            var (shape, direction) = (update.Gradient.shape, Orthogonalized(Direction(update, keyStep)));
            direction.ScaleInPlace(-learningRate * (AdamWSize * Math.Sqrt(Math.Max(shape[^1], shape[^2]))));
            return direction;
        });

    /// <summary>
    /// A matrix with the same singular vectors, and singular values between about 0.7 and 1.2 where they were not far below the
    /// largest: a quintic Newton-Schulz iteration with the coefficients of Jordan et al. What each step needs is freed with it.
    /// </summary>
    /// <param name="matrix">[..., rows, columns] in float32; it is disposed of.</param>
    internal static Tensor Orthogonalized(Tensor matrix)
    {
        var isTall = matrix.shape[^2] > matrix.shape[^1];
        var x = Normalized(matrix, isTall);
        matrix.Dispose();
        for (var step = 0; step < Steps; step++)
        {
            using var before = x;
            x = Next(before);
        }

        return isTall ? x.transpose(-2, -1) : x;
    }

    // Nesterov's momentum: what it would be after another gradient like this one.
    private Tensor Direction(ParameterUpdate update, long keyStep)
    {
        using var scope = NewDisposeScope();
        var (parameter, state, gradient) = update;
        var wide = HiddenMatrices.Scaled(gradient, 1 - Momentum);
        var momentum = HiddenMatrices.Scaled(state[MomentumBuffer], Momentum);
        momentum.AddInPlace(wide);
        AdamW.Write(state[MomentumBuffer], momentum, $"{parameter.Name}/{keyStep}/{MomentumBuffer}");
        var direction = momentum.Times(Momentum);
        direction.AddInPlace(wide);
        return direction.MoveToOuterDisposeScope();
    }

    private static Tensor Normalized(Tensor matrix, bool isTall)
    {
        using var scope = NewDisposeScope();
        var x = isTall ? matrix.transpose(-2, -1) : matrix;
        return (x / x.mul(x).sum([-2, -1], keepdim: true).sqrt().Clamped(LeastNorm, null)).MoveToOuterDisposeScope();
    }

    private static Tensor Next(Tensor x)
    {
        using var scope = NewDisposeScope();
        var polynomial = Polynomial(x);
        var next = x.Times(3.4445);
        next.AddInPlace(polynomial.matmul(x));
        return next.MoveToOuterDisposeScope();
    }

    private static Tensor Polynomial(Tensor x)
    {
        using var scope = NewDisposeScope();
        var square = x.matmul(x.transpose(-2, -1));
        var sum = square.Times(-4.7750);
        var fourth = square.matmul(square);
        fourth.ScaleInPlace(2.0315);
        sum.AddInPlace(fourth);
        return sum.MoveToOuterDisposeScope();
    }
}
