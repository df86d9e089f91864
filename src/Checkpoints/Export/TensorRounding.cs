namespace LisaOrleans.Checkpoints;

/// <summary>Rounds float32 to the shorter formats as libtorch does: to the nearest, ties to even.</summary>
internal static class TensorRounding
{
    /// <summary>Whether one type can be rounded to another.</summary>
    public static bool IsPossible(TensorDType from, TensorDType to) => from == TensorDType.F32 && to is TensorDType.BF16 or TensorDType.F16;

    /// <summary>Rounds numbers.</summary>
    /// <param name="source">The numbers.</param>
    /// <param name="target">The same number of rounded ones, as bits.</param>
    /// <param name="to"><see cref="TensorDType.BF16"/> or <see cref="TensorDType.F16"/>.</param>
    public static void Round(ReadOnlySpan<float> source, Span<ushort> target, TensorDType to)
    {
        for (var i = 0; i < source.Length; i++) target[i] = Round(source[i], to);
    }

    /// <summary>The bits of a rounded number.</summary>
    /// <param name="value">The number.</param>
    /// <param name="to"><see cref="TensorDType.BF16"/> or <see cref="TensorDType.F16"/>.</param>
    public static ushort Round(float value, TensorDType to) =>
        to == TensorDType.BF16 ? ToBFloat16(value) : BitConverter.HalfToUInt16Bits((Half)value);

    /// <summary>The number that bits stand for.</summary>
    /// <param name="bits">The bits.</param>
    /// <param name="from"><see cref="TensorDType.BF16"/> or <see cref="TensorDType.F16"/>.</param>
    public static float Widen(ushort bits, TensorDType from) =>
        from == TensorDType.BF16 ? BitConverter.UInt32BitsToSingle((uint)bits << 16) : (float)BitConverter.UInt16BitsToHalf(bits);

    private static ushort ToBFloat16(float value)
    {
        const ushort NotANumber = 0x7fc0;
        if (float.IsNaN(value)) return NotANumber;
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
    }
}
