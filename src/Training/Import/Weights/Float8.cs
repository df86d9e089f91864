using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>What 8-bit numbers mean (OCP 8-bit Floating Point Specification, OFP8).</summary>
internal static class Float8
{
    private static readonly float[] s_e4m3 = [.. Enumerable.Range(0, 256).Select(code => (code & 0x7f) == 0x7f ? float.NaN : Value(code, 3, 7))];

    // As in IEEE's formats: the highest exponent is reserved for infinities and NaN.
    private static readonly float[] s_e5m2 = [.. Enumerable.Range(0, 256).Select(code => (code & 0x7f) switch
    {
        < 0x7c => Value(code, 2, 15),
        0x7c => code < 0x80 ? float.PositiveInfinity : float.NegativeInfinity,
        _ => float.NaN,
    })];

    /// <summary>The value of each code; bfloat16 and float16 hold all of them exactly.</summary>
    public static float[] Values(TensorDType dtype) => dtype == TensorDType.F8E4M3 ? s_e4m3 : s_e5m2;

    private static float Value(int code, int mantissaBits, int bias)
    {
        var (exponent, mantissa) = ((code & 0x7f) >> mantissaBits, code & ((1 << mantissaBits) - 1));

        // The lowest exponent has no leading one.
        var (whole, power) = exponent == 0 ? (mantissa, 1) : (mantissa + (1 << mantissaBits), exponent);
        var value = (float)Math.ScaleB(whole, power - bias - mantissaBits);
        return code < 0x80 ? value : -value;
    }
}
