using System.Collections.Concurrent;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Cosines and sines of the rotary position embedding, [positions, K], in Hugging Face's layout (halves, not pairs): the
/// value at i turns with that at i ± K / 2. The sines of the first half are negated, as what they are multiplied with is there.
/// Shared by all layers of one shape on one device; small, and kept for the life of the process.
/// </summary>
internal sealed class RotaryTable
{
    private static readonly ConcurrentDictionary<Key, RotaryTable> s_tables = new();

    private RotaryTable(Tensor cos, Tensor sin) => (Cos, Sin) = (cos, sin);

    public Tensor Cos { get; }

    public Tensor Sin { get; }

    public static RotaryTable For(ModelConfig config, Device device, ScalarType dtype) =>
        s_tables.GetOrAdd(
            new Key(config.HeadDim, config.MaxPositionEmbeddings, config.RopeTheta, config.RopeScaling, device.ToString(), dtype),
            _ => Create(config, device, dtype));

    /// <summary>Angular frequency of each pair of dimensions, [K / 2].</summary>
    public static double[] InverseFrequencies(ModelConfig config) =>
        [.. Enumerable.Range(0, config.HeadDim / 2)
            .Select(i => Math.Pow(config.RopeTheta, -2.0 * i / config.HeadDim))
            .Select(frequency => Scale(frequency, config.RopeScaling))];

    private static double Scale(double frequency, RopeScaling? scaling)
    {
        switch (scaling)
        {
            case LinearRopeScaling linear:
                return frequency / linear.Factor;

            case Llama3RopeScaling llama3:
                // 0 at long wavelengths (divided by the factor), 1 at short ones (kept).
                var wavelength = 2 * Math.PI / frequency;
                var smooth = Math.Clamp(
                    ((llama3.OriginalMaxPositionEmbeddings / wavelength) - llama3.LowFreqFactor)
                    / (llama3.HighFreqFactor - llama3.LowFreqFactor), 0, 1);
                return ((1 - smooth) * frequency / llama3.Factor) + (smooth * frequency);

            default:
                return frequency;
        }
    }

    private static RotaryTable Create(ModelConfig config, Device device, ScalarType dtype)
    {
        using var _ = no_grad();
        using var scope = NewDisposeScope();
        var frequencies = tensor(InverseFrequencies(config), dtype: ScalarType.Float64);
        var angles = outer(arange(config.MaxPositionEmbeddings, dtype: ScalarType.Float64), frequencies);
        var (cos, sin) = (angles.cos(), angles.sin());
        return new RotaryTable(
            cat([cos, cos], dim: -1).to(dtype).to(device).DetachFromDisposeScope(),
            cat([sin.neg(), sin], dim: -1).to(dtype).to(device).DetachFromDisposeScope());
    }

    private sealed record Key(int HeadDim, int Positions, double Theta, RopeScaling? Scaling, string Device, ScalarType Dtype);
}
