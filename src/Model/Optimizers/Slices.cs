using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Pieces of large tensors of which some are not float32, so that a float32 copy of an embedding of half a gigabyte need not
/// exist at once. Everything else is one piece. The pieces are views, made in the current dispose scope.
/// </summary>
internal static class Slices
{
    /// <value>Numbers of a piece: 64 MiB in float32.</value>
    internal const long Size = 16L << 20;

    public static IEnumerable<Tensor> Of(Tensor tensor)
    {
        if (!IsCut(tensor)) return [tensor];
        return Starts(tensor).Select(start => Piece(tensor, start));
    }

    public static IEnumerable<(Tensor Weight, Tensor Gradient, Tensor ExpAvg, Tensor ExpAvgSq)> Of(
        Tensor weight, Tensor gradient, Tensor expAvg, Tensor expAvgSq)
    {
        if (!(IsCut(gradient) || IsCut(weight) || IsCut(expAvg) || IsCut(expAvgSq)) || !gradient.is_contiguous())
            return [(weight, gradient, expAvg, expAvgSq)];
        return Starts(gradient).Select(start => (Piece(weight, start), Piece(gradient, start), Piece(expAvg, start), Piece(expAvgSq, start)));
    }

    private static bool IsCut(Tensor tensor) => tensor.dtype != ScalarType.Float32 && tensor.numel() > Size && tensor.is_contiguous();

    private static IEnumerable<long> Starts(Tensor tensor)
    {
        for (long start = 0; start < tensor.numel(); start += Size) yield return start;
    }

    private static Tensor Piece(Tensor tensor, long start) => tensor.view(-1).narrow(0, start, Math.Min(Size, tensor.numel() - start));
}
