using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Rotary position embedding (Su et al., arXiv 2104.09864): pairs of a head's numbers turn with their position.</summary>
/// <param name="Dimensions">Numbers of a head that turn, the first ones; even.</param>
/// <param name="Theta">Base of the frequencies.</param>
/// <param name="Positions">Longest sequence.</param>
/// <param name="Scaling">How frequencies are stretched; null for unchanged.</param>
/// <param name="Interleaved">Whether pairs are neighbours (GLM), rather than i and i + Dimensions / 2.</param>
public sealed record Rotary(int Dimensions, double Theta, int Positions, RopeScaling? Scaling = null, bool Interleaved = false)
{
    /// <summary>Angular frequency of each pair of dimensions, [Dimensions / 2], in sequences of so many tokens.</summary>
    public double[] InverseFrequencies(long length) =>
        Scaling?.InverseFrequencies(this, LengthClass(length)) ?? BaseFrequencies(Theta);

    /// <summary>Sequences whose lengths are in one class turn alike.</summary>
    internal long LengthClass(long length) => Scaling?.LengthClass(length) ?? 0;

    internal double[] BaseFrequencies(double theta) =>
        [.. Enumerable.Range(0, Dimensions / 2).Select(i => Math.Pow(theta, -2.0 * i / Dimensions))];

    /// <summary>x [B, H, T, K] → the same shape.</summary>
    internal Tensor Rotate(Tensor x_BHTK, SequenceContext context)
    {
        var table = RotaryTable.For(this, context.SequenceLength, x_BHTK.device, x_BHTK.dtype);
        var (cos, sin) = (Rows(table.Cos), Rows(table.Sin));
        var width = x_BHTK.shape[^1];
        if (width == Dimensions) return Turn(x_BHTK);
        return cat([Turn(x_BHTK.narrow(-1, 0, Dimensions)), x_BHTK.narrow(-1, Dimensions, width - Dimensions)], -1);

        // Where rows differ, all heads of a row turn alike.
        Tensor Rows(Tensor all)
        {
            var rows = context.RowsOf(all);
            return rows.dim() == 3 ? rows.unsqueeze(1) : rows;
        }

        // The two of a pair change places; the sign that one of them gets is in the table.
        Tensor Turn(Tensor x) => (x * cos).Plus(Swap(x) * sin);
    }

    private Tensor Swap(Tensor x) =>
        Interleaved ? x.unflatten(x.dim() - 1, [Dimensions / 2, 2]).flip(-1).flatten(-2) : x.roll(Dimensions / 2, -1);
}
