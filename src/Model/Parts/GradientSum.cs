using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>What one replica has summed of a parameter's gradient, on its way to the replica that adds it up. Owns its tensors.</summary>
/// <param name="Parameter">The parameter's name.</param>
/// <param name="OfAlias">Whether it is of a tied matrix's use by the head, which is summed apart.</param>
/// <param name="Sum">Which lanes, and their sum.</param>
/// <param name="Rows">
/// Where the sum is of some rows of a table, and all others are 0: their numbers, int64 [N], ascending. Null for all of it.
/// </param>
public sealed record GradientSum(string Parameter, bool OfAlias, LaneSum Sum, Tensor? Rows = null) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose()
    {
        Sum.Value.Dispose();
        Rows?.Dispose();
    }
}
