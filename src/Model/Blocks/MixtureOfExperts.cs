// Shapes: B batch, T sequence, N tokens = B · T, D model width, E experts, K experts of a token, M = N · K.
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// A sparse feed-forward block (Shazeer et al., arXiv 1701.06538; Mixtral, arXiv 2401.04088): a router gives each token a share
/// of K experts, and their outputs are added up by those shares.
/// </summary>
/// <remarks>
/// An expert that no token is sent to does nothing and, if its weights are its own, gets no gradient; in a step without one,
/// AdamW leaves its weights and their moments as they are, as torch's does with parameters whose grad is None.
/// </remarks>
/// <param name="router">[D] → [E].</param>
/// <param name="experts">E of them.</param>
/// <param name="chosen">K.</param>
/// <param name="renormalise">Whether a token's shares add up to 1 (Mixtral); else they are the softmax over all experts.</param>
/// <param name="width">D.</param>
internal sealed class MixtureOfExperts(Linear router, IExperts experts, int chosen, bool renormalise, long width) : IBlock
{
    public long UnusedWeights => checked((experts.Count - chosen) * experts.WeightsOfEach);

    public Tensor Forward(Tensor x_BTD, SequenceContext context)
    {
        var x_ND = x_BTD.reshape(-1, width);
        var (shares_NK, experts_NK) = Route(x_ND);
        var (order, places, counts) = SortByExpert(experts_NK);

        // Each token is copied for each of its experts, and the copies are sorted, instead of picking rows several times: so
        // nothing is added up in an order that a device is free to choose.
        var copies_MD = x_ND.unsqueeze(1).expand(-1, chosen, -1).reshape(-1, width).index_select(0, order);
        var busy = Enumerable.Range(0, experts.Count).Where(e => counts[e] > 0).ToArray();
        var inputs = copies_MD.split([.. busy.Select(e => counts[e])], 0);
        var outputs_MD = cat([.. experts.Forward(busy, inputs, context)], 0);

        var y_NKD = outputs_MD.index_select(0, places).view(-1, chosen, width);
        return (y_NKD * shares_NK.unsqueeze(-1)).sum(1).view(x_BTD.shape);
    }

    // The copies, where experts train; always the experts' outputs, shares, probabilities and 64-bit places.
    public SavedNumbers Saved(long length) =>
        (chosen * experts.Saved(length)) + checked(new SavedNumbers(chosen * (width + 1), chosen * width, experts.Count + (9L * chosen)));

    // In float32, as in Hugging Face.
    private (Tensor Shares_NK, Tensor Experts_NK) Route(Tensor x_ND)
    {
        var (shares_NK, experts_NK) = router.Forward(x_ND).to(ScalarType.Float32).softmax(-1).topk(chosen, -1);
        if (renormalise) shares_NK /= shares_NK.sum(-1, keepdim: true);
        return (shares_NK.to(x_ND.dtype), experts_NK);
    }

    // Which copy stands where once they are sorted, where each copy then stands, and how many each expert has.
    private (Tensor Order, Tensor Places, long[] Counts) SortByExpert(Tensor experts_NK)
    {
        var choices = experts_NK.to(CPU).contiguous().data<long>().ToArray();
        var counts = new long[experts.Count];
        foreach (var expert in choices) counts[expert]++;

        var next = new long[experts.Count];
        for (var e = 1; e < next.Length; e++) next[e] = next[e - 1] + counts[e - 1];
        var (order, places) = (new long[choices.Length], new long[choices.Length]);
        for (var copy = 0L; copy < choices.Length; copy++)
        {
            places[copy] = next[choices[copy]]++;
            order[places[copy]] = copy;
        }

        return (tensor(order, device: experts_NK.device), tensor(places, device: experts_NK.device), counts);
    }
}
