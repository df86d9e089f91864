namespace LisaOrleans;

/// <summary>
/// Stands for a tensor in a grain call. The tensor itself stays with the silo that made it until the receiver claims
/// it, once: by reference in the same silo, through the tensor transport from another. Messages stay small.
/// </summary>
/// <param name="Holder">Where the tensor can be claimed: the tensor endpoint of its silo and that process's number.</param>
/// <param name="Id">Its number in that process; never used twice.</param>
/// <param name="DType">Its dtype, as float32.</param>
/// <param name="Shape">Its shape.</param>
[GenerateSerializer, Immutable, Alias("lisa.TensorTicket")]
public sealed record TensorTicket(
    [property: Id(0)] string Holder, [property: Id(1)] long Id, [property: Id(2)] string DType, [property: Id(3)] IReadOnlyList<long> Shape);
