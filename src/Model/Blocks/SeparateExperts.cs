using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Experts with weights of their own. One without tokens has no gradient.</summary>
/// <param name="experts">Each [n, D] → [n, D], and all of one shape.</param>
/// <param name="weightsOfEach">Numbers in one's weights.</param>
internal sealed class SeparateExperts(IReadOnlyList<IBlock> experts, long weightsOfEach) : IExperts
{
    public int Count => experts.Count;

    public long WeightsOfEach => weightsOfEach;

    public IEnumerable<Tensor> Forward(IReadOnlyList<int> which, IReadOnlyList<Tensor> inputs, SequenceContext context) =>
        which.Select((e, i) => experts[e].Forward(inputs[i], context));

    public SavedNumbers Saved(long length) => experts[0].Saved(length);
}
