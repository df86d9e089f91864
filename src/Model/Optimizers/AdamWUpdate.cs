using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Applies AdamW to a part's parameters with libtorch's fused kernel: one call for all that are alike, and one each for
/// those whose weight, moments and gradient differ in dtype, so that only one float32 copy exists at a time.
/// </summary>
internal static class AdamWUpdate
{
    /// <param name="items">Parameters, their state and gradient.</param>
    /// <param name="stateStep">Updates of this state including this one, from 1: bias correction restarts with the state.</param>
    /// <param name="learningRate">The rate of the step.</param>
    /// <param name="options">The other settings.</param>
    public static void Apply(
        IReadOnlyList<(Parameter Parameter, AdamWState State, Tensor Gradient)> items,
        long stateStep, double learningRate, AdamWOptions options)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var step = tensor((float)stateStep, device: items[0].Parameter.Value.device);

        foreach (var group in items.GroupBy(i => i.Parameter.Spec.Decay))
        {
            var decay = group.Key ? options.WeightDecay : 0;
            var alike = group.Where(i => IsAlike(i.State, i.Gradient)).ToArray();
            if (alike.Length > 0)
            {
                Kernels.FusedAdamW(
                    [.. alike.Select(i => i.State.Weight)], [.. alike.Select(i => i.Gradient)],
                    [.. alike.Select(i => i.State.ExpAvg)], [.. alike.Select(i => i.State.ExpAvgSq)],
                    [.. alike.Select(_ => step)],
                    learningRate, options.Beta1, options.Beta2, decay, options.Epsilon);
            }

            foreach (var (_, state, gradient) in group.Where(i => !IsAlike(i.State, i.Gradient)))
            {
                foreach (var (weight, slice, expAvg, expAvgSq) in Slices.Of(state.Weight, gradient, state.ExpAvg, state.ExpAvgSq))
                    ApplyMixed(weight, slice, expAvg, expAvgSq, step, learningRate, decay, options);
            }
        }

        foreach (var (parameter, state, _) in items)
            if (state.Master is { } master) parameter.Value.copy_(master);
    }

    private static bool IsAlike(AdamWState state, Tensor gradient) =>
        state.Weight.dtype == gradient.dtype && state.ExpAvg.dtype == gradient.dtype;

    private static void ApplyMixed(
        Tensor weight, Tensor gradient, Tensor expAvg, Tensor expAvgSq, Tensor step, double learningRate, double decay, AdamWOptions options)
    {
        using var scope = NewDisposeScope();
        var (wideWeight, wideExpAvg, wideExpAvgSq) = (Wide(weight), Wide(expAvg), Wide(expAvgSq));
        Kernels.FusedAdamW(
            [wideWeight], [Wide(gradient)], [wideExpAvg], [wideExpAvgSq], [step],
            learningRate, options.Beta1, options.Beta2, decay, options.Epsilon);
        CopyBack(weight, wideWeight);
        CopyBack(expAvg, wideExpAvg);
        CopyBack(expAvgSq, wideExpAvgSq);

        static Tensor Wide(Tensor tensor) => tensor.dtype == ScalarType.Float32 ? tensor : tensor.to(ScalarType.Float32);

        static void CopyBack(Tensor target, Tensor wide)
        {
            if (!ReferenceEquals(target, wide)) target.copy_(wide);
        }
    }
}
