namespace LisaOrleans;

/// <summary>A part's state on its way from the silo that held it to the one that will.</summary>
/// <param name="Tensors">
/// What the blob of that state holds, in its order: the weights in the stored dtype, or for a part that trains the master
/// weights and both moments of each parameter. For a part with adapters the weights, and then its adapters or their training
/// state. Good for one claim each.
/// </param>
/// <param name="StateStep">Updates that the optimizer state has seen; 0 for a frozen part.</param>
[GenerateSerializer, Immutable, Alias("lisa.PartHandOver")]
public sealed record PartHandOver([property: Id(0)] IReadOnlyList<TensorTicket> Tensors, [property: Id(1)] long StateStep);
