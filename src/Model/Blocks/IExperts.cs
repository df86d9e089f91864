using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>The experts of a mixture, which all map x [n, D] → [n, D].</summary>
internal interface IExperts
{
    /// <summary>How many there are.</summary>
    int Count { get; }

    /// <summary>Numbers in the weights of one expert.</summary>
    long WeightsOfEach { get; }

    /// <summary>The experts' outputs for their tokens.</summary>
    /// <param name="which">The experts that have any tokens.</param>
    /// <param name="inputs">For each of these, x [n, D].</param>
    /// <param name="context">The layer's context.</param>
    IEnumerable<Tensor> Forward(IReadOnlyList<int> which, IReadOnlyList<Tensor> inputs, SequenceContext context);

    /// <summary>What an expert keeps for its backward pass, for each token that it gets.</summary>
    SavedNumbers Saved(long length);
}
