// Shapes: E experts, n tokens of one, D model width, F feed-forward width.
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace LisaOrleans.Model;

/// <summary>
/// gpt-oss's experts (arXiv 2508.10925; Hugging Face: GptOssExperts): with gate and up cut off at ±limit, the gate only from
/// above, an expert is down((up + 1) · gate · σ(alpha · gate)). All of them share one tensor for each map.
/// </summary>
/// <remarks>
/// So an expert without tokens has the gradient 0 as long as any other has tokens, and AdamW still updates it, as in transformers.
/// </remarks>
internal sealed class ClampedSwiGluExperts : IExperts
{
    private readonly Weight _gateUp;
    private readonly Weight _gateUpBias;
    private readonly Weight _down;
    private readonly Weight _downBias;
    private readonly long _inner;
    private readonly double _alpha;
    private readonly double _limit;

    /// <summary>
    /// Asks for gate_up_proj [E, D, 2F], whose columns alternate between gate and up, down_proj [E, F, D], and their biases.
    /// </summary>
    /// <param name="scope">Hugging Face's mlp.experts.</param>
    /// <param name="experts">E.</param>
    /// <param name="width">D.</param>
    /// <param name="inner">F.</param>
    /// <param name="alpha">Steepness of the gate.</param>
    /// <param name="limit">Where gate and up are cut off.</param>
    public ClampedSwiGluExperts(WeightScope scope, int experts, long width, long inner, double alpha, double limit)
    {
        (Count, _inner, _alpha, _limit) = (experts, inner, alpha, limit);
        _gateUp = scope.TransposedMatrix("gate_up_proj", experts, width, 2 * inner);
        _gateUpBias = scope.Vector("gate_up_proj_bias", experts, 2 * inner);
        _down = scope.TransposedMatrix("down_proj", experts, inner, width);
        _downBias = scope.Vector("down_proj_bias", experts, width);
        WeightsOfEach = checked((3 * width * inner) + (2 * inner) + width);
    }

    public int Count { get; }

    public long WeightsOfEach { get; }

    public IEnumerable<Tensor> Forward(IReadOnlyList<int> which, IReadOnlyList<Tensor> inputs, SequenceContext context)
    {
        // Unbound in one go, so that the backward pass puts the gradients together in one go.
        var (gateUps, gateUpBiases) = (_gateUp.Value.unbind(), _gateUpBias.Value.unbind());
        var (downs, downBiases) = (_down.Value.unbind(), _downBias.Value.unbind());
        return which.Select((e, i) =>
        {
            var both_n2F = F.linear(inputs[i], gateUps[e].t(), gateUpBiases[e]);
            var gate_nF = both_n2F.slice(-1, 0, 2 * _inner, 2).Clamped(null, _limit);
            var up_nF = both_n2F.slice(-1, 1, 2 * _inner, 2).Clamped(-_limit, _limit);
            return F.linear(up_nF.Plus(1) * (gate_nF * gate_nF.Times(_alpha).sigmoid()), downs[e].t(), downBiases[e]);
        });
    }

    // Gate and up before they are cut off; then the gate, its sigmoid, their product and up; where it trains, also the last product.
    public SavedNumbers Saved(long length) => new(6 * _inner, _inner, 0);
}
