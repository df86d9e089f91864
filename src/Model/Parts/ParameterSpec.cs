namespace LisaOrleans.Model;

/// <summary>One parameter of a part, as a checkpoint names it.</summary>
/// <param name="Name">Hugging Face's full name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Decay">Whether weight decay applies: matrices and DoRA's magnitudes yes, norms, biases and sinks no.</param>
/// <param name="PerToken">Whether each row is a vector of its own, of a token or of a position: embedding and head.</param>
/// <param name="OutputsLast">Whether a matrix's last dimension is that of its outputs (a Conv1D of GPT-2), and not the one before.</param>
/// <param name="IsSinks">Whether it is attention's sinks, to which <see cref="AdamW.DecaysSinks"/> applies weight decay.</param>
public sealed record ParameterSpec(
    string Name, IReadOnlyList<long> Shape, bool Decay, bool PerToken = false, bool OutputsLast = false, bool IsSinks = false)
{
    /// <summary>Numbers in it.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));

    /// <summary>Whether it is a matrix of a decoder layer, or a stack of them: what optimizers for hidden matrices take.</summary>
    internal bool IsHiddenMatrix => Decay && !PerToken && Shape.Count >= 2;
}
