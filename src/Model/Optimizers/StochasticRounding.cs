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

    /// <summary>A float32 tensor that bfloat16 holds exactly.</summary>
    /// <param name="numbers">float32.</param>
    /// <param name="purpose">Tells this rounding from any other of the run.</param>
    internal Tensor Round(Tensor numbers, FormattableString purpose)
    {
        using var generator = new Generator(RandomKey.Of(Seed, purpose), numbers.device);
        using var noise = randint(0, Step, numbers.shape, ScalarType.Int32, numbers.device, generator: generator);
        return Kernels.RoundDown(numbers, noise);
    }
}
