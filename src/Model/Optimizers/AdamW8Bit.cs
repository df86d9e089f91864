using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// AdamW with moments of 8 bits (Dettmers et al., arXiv 2110.02861): each block of 256 numbers is scaled by its largest, and each
/// number kept as the index of the nearest of 256 values that lie close together near zero. The update itself is AdamW's, in
/// float32, a piece at a time. Parameters of fewer than 4,096 numbers keep float32 moments. Those of token
/// embeddings have 8 bits, too: transformers' Trainer has bitsandbytes keep them in 32, which takes 6 more bytes for each number.
/// </summary>
/// <param name="AdamW">The update.</param>
/// <param name="KeepsSmallMoments">
/// Whether a second moment above 0 is never kept as 0, but at least as the smallest value that is not. Else (default) a number whose first
/// moment is still there while its second has become 0 moves by far too much: the row of a token that has left the batch, for one.
/// </param>
public sealed record AdamW8Bit(AdamW AdamW, bool KeepsSmallMoments = false) : IPartOptimizer
{
    private const string ExpAvg = "exp_avg";
    private const string ExpAvgSq = "exp_avg_sq";
    private const string ExpAvgMax = "exp_avg_absmax";
    private const string ExpAvgSqMax = "exp_avg_sq_absmax";
    private const long LeastCount = 4096;

    // A whole number of blocks: 16 MiB in float32.
    private const long Piece = 4L << 20;

    /// <inheritdoc/>
    public StochasticRounding? Rounding => AdamW.Rounding;

    /// <inheritdoc/>
    public IReadOnlyList<TensorSpec> StateTensors(ParameterSpec parameter, PartDtypes dtypes)
    {
        if (!IsQuantized(parameter)) return AdamW.StateTensors(parameter, dtypes with { OptimizerState = ScalarType.Float32 });
        long[] blocks = [DynamicQuantization.Blocks(parameter.Count)];
        return
        [
            new TensorSpec(ExpAvg, parameter.Shape, ScalarType.Byte),
            new TensorSpec(ExpAvgSq, parameter.Shape, ScalarType.Byte),
            new TensorSpec(ExpAvgMax, blocks, ScalarType.Float32),
            new TensorSpec(ExpAvgSqMax, blocks, ScalarType.Float32),
        ];
    }

    /// <inheritdoc/>
    public void Apply(IReadOnlyList<ParameterUpdate> updates, long stateStep, long keyStep, double learningRate)
    {
        var small = updates.Where(u => !IsQuantized(u.Parameter)).ToArray();
        if (small.Length > 0) AdamW.Apply(small, stateStep, keyStep, learningRate);
        var ofSecond = KeepsSmallMoments ? DynamicQuantization.UnsignedAbove0 : DynamicQuantization.Unsigned;
        var step = AdamW.StepOf(stateStep, updates[0].State.Weight.device);
        foreach (var (parameter, state, gradient) in updates.Where(u => IsQuantized(u.Parameter)))
        {
            for (long start = 0; start < parameter.Count; start += Piece)
            {
                using var scope = NewDisposeScope();
                var count = Math.Min(Piece, parameter.Count - start);
                var first = DynamicQuantization.Signed.Over(Part(state[ExpAvg]), Blocks(state[ExpAvgMax]));
                var second = ofSecond.Over(Part(state[ExpAvgSq]), Blocks(state[ExpAvgSqMax]));
                var (expAvg, expAvgSq) = (first.Read(), second.Read());
                AdamW.Apply(
                    Part(state.Weight), Part(gradient.contiguous()), expAvg, expAvgSq, step, learningRate,
                    AdamW.DecayOf(parameter), $"{parameter.Name}/{keyStep}/{start}");
                first.Write(expAvg);
                second.Write(expAvgSq);

                Tensor Part(Tensor tensor) => tensor.view(-1).narrow(0, start, count);

                Tensor Blocks(Tensor largest) =>
                    largest.narrow(0, start / DynamicQuantization.BlockSize, DynamicQuantization.Blocks(count));
            }
        }
    }

    private static bool IsQuantized(ParameterSpec parameter) => parameter.Count >= LeastCount;
}
