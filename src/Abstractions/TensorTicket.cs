namespace LisaOrleans;

/// <summary>
/// Stands for a tensor in a grain call. The tensor itself stays with the silo that made it until the receiver claims
/// it, once: by reference in the same silo, through the tensor transport from another. Messages stay small.
/// </summary>
/// <param name="Silo">The silo that holds the tensor, as its address prints.</param>
/// <param name="Id">Its number on that silo; never used twice.</param>
[GenerateSerializer, Immutable, Alias("lisa.TensorTicket")]
public sealed record TensorTicket([property: Id(0)] string Silo, [property: Id(1)] long Id);
