using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// AdamW (Loshchilov and Hutter, arXiv 1711.05101) with libtorch's fused kernel: one call for all parameters of a part that
/// are alike, and one each for those whose weight, moments and gradient differ in dtype, so that only one float32 copy exists
/// at a time. Bias correction restarts with the state.
/// </summary>
/// <param name="Beta1">Decay of the first moment.</param>
/// <param name="Beta2">Decay of the second moment.</param>
/// <param name="Epsilon">Added to the root of the second moment.</param>
/// <param name="WeightDecay">Decoupled decay of all parameters but norms, biases and, unless told so, sinks.</param>
/// <param name="Rounding">How weights and moments become bfloat16; null (default) for the nearest number.</param>
/// <param name="DecaysSinks">
/// Whether attention's sinks decay, as they do with transformers' Trainer, which spares norms and biases only. Default false.
/// </param>
public sealed record AdamW(
    double Beta1, double Beta2, double Epsilon, double WeightDecay, StochasticRounding? Rounding = null, bool DecaysSinks = false)
    : IPartOptimizer
{
    private const string ExpAvg = "exp_avg";
    private const string ExpAvgSq = "exp_avg_sq";

    /// <inheritdoc/>
    public IReadOnlyList<TensorSpec> StateTensors(ParameterSpec parameter, PartDtypes dtypes) =>
    [
        new TensorSpec(ExpAvg, parameter.Shape, dtypes.OptimizerState),
        new TensorSpec(ExpAvgSq, parameter.Shape, dtypes.OptimizerState),
    ];

    /// <inheritdoc/>
    public long UpdateBytes(ParameterSpec parameter, PartDtypes dtypes, ScalarType gradient)
    {
        var weight = dtypes.SeparateMaster ? ScalarType.Float32 : dtypes.Compute;
        ScalarType[] all = [weight, gradient, dtypes.OptimizerState, dtypes.OptimizerState];
        if (all.All(t => t == gradient) && (Rounding is null || gradient == ScalarType.Float32)) return 0;

        // A float32 copy of each that is not, and for what is rounded by chance the chances and the result.
        var copies = all.Count(t => t != ScalarType.Float32);
        var rounded = Rounding is not null && (weight == ScalarType.BFloat16 || dtypes.OptimizerState == ScalarType.BFloat16) ? 2 : 0;
        return checked(sizeof(float) * (copies + rounded) * (IsWhole(gradient) ? parameter.Count : Math.Min(parameter.Count, Slices.Size)));
    }

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<ParameterUpdate> updates, long stateStep, long keyStep, double learningRate)
    {
        var step = StepOf(stateStep, updates[0].State.Weight.device);
        foreach (var group in updates.GroupBy(u => DecayOf(u.Parameter)))
        {
            var decay = group.Key;
            var alike = group.Where(IsAlike).ToArray();
            if (alike.Length > 0)
            {
                Kernels.FusedAdamW(
                    [.. alike.Select(u => u.State.Weight)], [.. alike.Select(u => u.Gradient)],
                    [.. alike.Select(u => u.State[ExpAvg])], [.. alike.Select(u => u.State[ExpAvgSq])],
                    [.. alike.Select(_ => step)],
                    learningRate, Beta1, Beta2, decay, Epsilon);
            }

            foreach (var (parameter, state, gradient) in group.Where(u => !IsAlike(u)))
            {
                var number = 0;
                foreach (var (weight, slice, expAvg, expAvgSq) in Pieces(state, gradient))
                    Apply(weight, slice, expAvg, expAvgSq, step, learningRate, decay, $"{parameter.Name}/{keyStep}/{number++}");
            }
        }
    }

    /// <summary>The decay of a parameter.</summary>
    internal double DecayOf(ParameterSpec parameter) => parameter.Decay || (parameter.IsSinks && DecaysSinks) ? WeightDecay : 0;

    /// <summary>What one update adds to zeros at a learning rate of 1, without decay: in float32, in the gradient's shape.</summary>
    /// <param name="update">Whose moments are used and changed.</param>
    /// <param name="gradient">What takes the place of its gradient: float32, in the moments' shape.</param>
    /// <param name="stateStep">Updates of this state including this one, from 1.</param>
    /// <param name="keyStep">Keys random numbers.</param>
    internal Tensor StepFromZero(ParameterUpdate update, Tensor gradient, long stateStep, long keyStep)
    {
        var step = zeros_like(gradient);
        Apply(
            step, gradient, update.State[ExpAvg], update.State[ExpAvgSq], StepOf(stateStep, gradient.device), 1, 0,
            $"{update.Parameter.Name}/{keyStep}/step");
        return step;
    }

    /// <summary>The number of an update as the kernel wants it.</summary>
    internal static Tensor StepOf(long stateStep, Device device) => tensor((float)stateStep, device: device);

    /// <summary>Puts float32 numbers into a weight or a moment, rounded as this optimizer rounds.</summary>
    /// <param name="target">Of any dtype.</param>
    /// <param name="wide">float32.</param>
    /// <param name="purpose">Tells this rounding from any other of the run.</param>
    internal void Write(Tensor target, Tensor wide, FormattableString purpose)
    {
        using var rounded = Rounding is not null && target.dtype == ScalarType.BFloat16 ? Rounding.Round(wide, purpose) : null;
        target.copy_(rounded ?? wide);
    }

    // Chances count from the start of a piece: an older run with float32 gradients goes on with whole tensors, as it always had them.
    private bool IsWhole(ScalarType gradient) => Rounding is { InPieces: false } && gradient == ScalarType.Float32;

    private IEnumerable<(Tensor Weight, Tensor Gradient, Tensor ExpAvg, Tensor ExpAvgSq)> Pieces(OptimizerState state, Tensor gradient) =>
        IsWhole(gradient.dtype)
            ? [(state.Weight, gradient, state[ExpAvg], state[ExpAvgSq])]
            : Slices.Of(state.Weight, gradient, state[ExpAvg], state[ExpAvgSq]);

    private bool IsAlike(ParameterUpdate update) =>
        update.State.Weight.dtype == update.Gradient.dtype && update.State[ExpAvg].dtype == update.Gradient.dtype
        && (Rounding is null || update.Gradient.dtype == ScalarType.Float32);

    /// <summary>Updates tensors of one shape, each in a dtype of its own, by way of float32 copies.</summary>
    /// <param name="weight">Changed in place, as the moments are.</param>
    /// <param name="gradient">The gradient.</param>
    /// <param name="expAvg">The first moment.</param>
    /// <param name="expAvgSq">The second moment.</param>
    /// <param name="step">Updates including this one, a float32 scalar.</param>
    /// <param name="learningRate">The rate of the step.</param>
    /// <param name="decay">Decoupled weight decay.</param>
    /// <param name="purpose">Tells this update from any other of the run.</param>
    internal void Apply(
        Tensor weight, Tensor gradient, Tensor expAvg, Tensor expAvgSq, Tensor step, double learningRate, double decay,
        FormattableString purpose)
    {
        using var scope = NewDisposeScope();
        var (wideWeight, wideExpAvg, wideExpAvgSq) = (Wide(weight), Wide(expAvg), Wide(expAvgSq));
        Kernels.FusedAdamW(
            [wideWeight], [Wide(gradient)], [wideExpAvg], [wideExpAvgSq], [step],
            learningRate, Beta1, Beta2, decay, Epsilon);
        CopyBack(weight, wideWeight, nameof(weight));
        CopyBack(expAvg, wideExpAvg, ExpAvg);
        CopyBack(expAvgSq, wideExpAvgSq, ExpAvgSq);

        static Tensor Wide(Tensor tensor) => tensor.dtype == ScalarType.Float32 ? tensor : tensor.to(ScalarType.Float32);

        void CopyBack(Tensor target, Tensor wide, string what)
        {
            if (!ReferenceEquals(target, wide)) Write(target, wide, $"{FormattableString.Invariant(purpose)}/{what}");
        }
    }
}
