using System.Runtime.InteropServices;

namespace LisaOrleans.Checkpoints;

/// <summary>Rows of a tensor as a GGUF file has them. Source: ggml's quantize_row_q8_0_ref.</summary>
public static class GgufRows
{
    /// <summary>Numbers of a block of <see cref="GgufType.Q8_0"/>; a row must be a multiple of it.</summary>
    public const int BlockNumbers = 32;

    private const int BlockBytes = 2 + BlockNumbers;
    private const float LargestByte = 127;

    /// <summary>Bytes of a row.</summary>
    public static long Bytes(GgufType type, long width) => type switch
    {
        GgufType.F32 => checked(width * sizeof(float)),
        GgufType.F16 or GgufType.BF16 => checked(width * sizeof(ushort)),
        GgufType.Q8_0 when width % BlockNumbers == 0 => checked(width / BlockNumbers * BlockBytes),
        _ => throw new ArgumentException($"rows of {width} numbers cannot be {type}", nameof(type)),
    };

    /// <summary>Writes a row.</summary>
    /// <param name="type">How.</param>
    /// <param name="row">The numbers.</param>
    /// <param name="target">As long as <see cref="Bytes"/> says.</param>
    public static void Write(GgufType type, ReadOnlySpan<float> row, Span<byte> target)
    {
        if (type == GgufType.F32)
        {
            MemoryMarshal.AsBytes(row).CopyTo(target);
            return;
        }

        if (type == GgufType.Q8_0)
        {
            for (var i = 0; i < row.Length / BlockNumbers; i++)
                WriteBlock(row.Slice(i * BlockNumbers, BlockNumbers), target.Slice(i * BlockBytes, BlockBytes));
            return;
        }

        var halves = MemoryMarshal.Cast<byte, ushort>(target);
        var to = type == GgufType.BF16 ? TensorDType.BF16 : TensorDType.F16;
        for (var i = 0; i < row.Length; i++) halves[i] = TensorRounding.Round(row[i], to);
    }

    private static void WriteBlock(ReadOnlySpan<float> numbers, Span<byte> target)
    {
        var largest = 0f;
        foreach (var number in numbers) largest = Math.Max(largest, Math.Abs(number));
        var scale = largest / LargestByte;
        var inverse = scale == 0 ? 0 : 1 / scale;
        MemoryMarshal.Write(target, (Half)scale);
        for (var i = 0; i < numbers.Length; i++)
            target[2 + i] = unchecked((byte)(sbyte)MathF.Round(numbers[i] * inverse, MidpointRounding.AwayFromZero));
    }
}
