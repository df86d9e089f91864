using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Rounds float32 to bfloat16 up or down, the nearer of both with the greater chance, so that the mean stays what it was (Zamirai et
/// al., arXiv 2010.06192). Changes that are too small for the 8 bits of a number then count in proportion, and not for nothing.
/// </summary>
/// <param name="Seed">Keys the chances, with the parameter's name, the step and the place of a number.</param>
public sealed record StochasticRounding(ulong Seed)
{
    private const long Step = 1 << 16;

    /// <value>
    /// Whether a large tensor is rounded piece by piece, each with chances of its own, unless it is a hidden matrix that Muon, GaLore or
    /// APOLLO updates as a whole. Default false: as runs go on that an older
    /// build began, it is rounded whole where its gradient or what computes is float32, which takes several float32 copies of it.
    /// </value>
    public bool InPieces { get; init; }

    /// <summary>A float32 tensor that bfloat16 holds exactly.</summary>
    /// <param name="numbers">float32.</param>
    /// <param name="purpose">Tells this rounding from any other of the run.</param>
    internal Tensor Round(Tensor numbers, FormattableString purpose)
    {
        using var generator = new Generator(RandomKey.Of(Seed, purpose), numbers.device);
        using var noise = randint(0, Step, numbers.shape, ScalarType.Int32, numbers.device, generator: generator);
        return Kernels.RoundDown(numbers, noise);
    }

    /// <summary>Puts float32 numbers into a bfloat16 tensor of the same shape, by pieces, as other float32 copies are made.</summary>
    /// <param name="target">bfloat16.</param>
    /// <param name="exact">float32.</param>
    /// <param name="purpose">Tells this rounding from any other of the run.</param>
    internal void RoundInto(Tensor target, Tensor exact, FormattableString purpose)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (piece, index) in Slices.Of(target).Select((p, i) => (p, i)))
        {
            var wide = exact.view(-1).narrow(0, index * Slices.Size, piece.numel()).view(piece.shape);
            using var rounded = Round(wide, $"{purpose} {index}");
            piece.copy_(rounded);
        }
    }
}
