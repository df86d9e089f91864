namespace LisaOrleans.Model;

/// <summary>One parameter of a part, as a checkpoint names it.</summary>
/// <param name="Name">Hugging Face's full name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Decay">Whether weight decay applies: matrices yes, norms and biases no.</param>
public sealed record ParameterSpec(string Name, IReadOnlyList<long> Shape, bool Decay)
{
    /// <summary>Numbers in it.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));
}
