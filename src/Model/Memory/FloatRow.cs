using System.Runtime.Intrinsics;

namespace LisaOrleans.Model;

/// <summary>Numbers in a row in memory; those in bfloat16 are the upper halves of float32's bits.</summary>
/// <param name="address">The first one.</param>
/// <param name="length">How many.</param>
/// <param name="isFloat">Whether they are float32; else bfloat16.</param>
internal readonly unsafe struct FloatRow(nint address, int length, bool isFloat)
{
    public int Length => length;

    public float One(int i) => isFloat ? ((float*)address)[i] : BitConverter.UInt32BitsToSingle((uint)((ushort*)address)[i] << 16);

    public Vector256<float> Eight(int i) => isFloat
        ? Vector256.Load((float*)address + i)
        : (Vector256.WidenLower(Vector128.Load((ushort*)address + i).ToVector256Unsafe()) << 16).AsSingle();

    /// <summary>The largest magnitude, 0 where there are none. With a number that is none it is none, as with libtorch.</summary>
    public float Largest()
    {
        var (i, largest, most) = (0, 0f, Vector256<float>.Zero);
        for (; i <= length - Vector256<float>.Count; i += Vector256<float>.Count) most = Vector256.Max(most, Vector256.Abs(Eight(i)));
        for (var k = 0; k < Vector256<float>.Count; k++) largest = MathF.Max(largest, most[k]);
        for (; i < length; i++) largest = MathF.Max(largest, MathF.Abs(One(i)));
        return largest;
    }
}
