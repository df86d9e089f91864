using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Grains.Tests;

/// <summary>The export's rounding, which knows no Torch, gives Torch's bits.</summary>
public sealed class TensorRoundingTests
{
    private const int Count = 1 << 20;

    [Theory]
    [InlineData(TensorDType.BF16)]
    [InlineData(TensorDType.F16)]
    public void Round_float32_is_rounded_as_torch_rounds_it(TensorDType to)
    {
        using var source = tensor(Values());
        using var expected = source.to(to == TensorDType.BF16 ? ScalarType.BFloat16 : ScalarType.Float16);
        var actual = new ushort[Count];
        TensorRounding.Round(Values(), actual, to);
        Assert.True(Bits(TensorMemory.Address(expected)).SequenceEqual(actual));
    }

    // Every exponent with random digits, all ties of bfloat16, the edges of both formats, and what lies between.
    private static float[] Values()
    {
        float[] edges =
        [
            0f, -0f, 1f, -1f, float.Epsilon, -float.Epsilon, float.MaxValue, float.MinValue, float.PositiveInfinity, float.NegativeInfinity,
            65504f, 65519.996f, 65520f, 5.9604645e-8f, 2.9802322e-8f, 2.9802326e-8f, 6.1035156e-5f, 6.103514e-5f, 3.3895314e38f, 3.3961776e38f,
        ];
        var random = new CounterRandom(7, 3);
        var values = new float[Count];
        edges.CopyTo(values, 0);
        for (var i = edges.Length; i < Count; i++)
        {
            var bits = (uint)random.NextInt(1 << 16) << 16;
            bits |= (i % 4) switch { 0 => 0x8000, 1 => 0x7fff, 2 => 0x8001, _ => (uint)random.NextInt(1 << 16) };
            var value = BitConverter.UInt32BitsToSingle(bits);
            values[i] = float.IsNaN(value) ? i : value;
        }

        return values;
    }

    private static unsafe ReadOnlySpan<ushort> Bits(nint address) => new((void*)address, Count);
}
