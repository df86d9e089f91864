namespace LisaOrleans;

/// <summary>What one replica has summed of a parameter's gradient over some lanes, for the replica that keeps the part's optimizer state.</summary>
/// <param name="Parameter">The parameter's name.</param>
/// <param name="OfAlias">Whether it is of a tied matrix's use by the head, which is summed apart.</param>
/// <param name="Level">It stands for 2^Level lanes.</param>
/// <param name="Index">The lanes from Index · 2^Level on.</param>
/// <param name="Sum">Their sum; good for one claim.</param>
/// <param name="Rows">
/// Where the sum is of some rows of a table, and all others are 0: the numbers of these rows, int64, ascending. Null for all of it.
/// </param>
[GenerateSerializer, Immutable, Alias("lisa.GradientTicket")]
public sealed record GradientTicket(
    [property: Id(0)] string Parameter, [property: Id(1)] bool OfAlias, [property: Id(2)] int Level, [property: Id(3)] int Index,
    [property: Id(4)] TensorTicket Sum, [property: Id(5)] TensorTicket? Rows = null)
{
    /// <summary>The tickets in it.</summary>
    public IEnumerable<TensorTicket> Tickets => Rows is null ? [Sum] : [Sum, Rows];
}
