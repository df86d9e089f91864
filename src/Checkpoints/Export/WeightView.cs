using System.Runtime.InteropServices;

namespace LisaOrleans.Checkpoints;

/// <summary>A tensor's numbers where they lie, as the model has them. Whoever made it keeps the memory alive.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="DType">The dtype that it has in the model.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Stored">The dtype that it lies in: the model's, or float32 of which the model's is rounded.</param>
/// <param name="Data">Address of its contiguous bytes.</param>
public sealed record WeightView(string Name, TensorDType DType, IReadOnlyList<long> Shape, TensorDType Stored, nint Data)
{
    /// <summary>Numbers in it.</summary>
    public long Count => Shape.Aggregate(1L, (product, dimension) => checked(product * dimension));

    /// <summary>Reads numbers as the model has them: rounded to its dtype.</summary>
    /// <param name="first">The first one's place.</param>
    /// <param name="target">Where to.</param>
    public unsafe void Read(long first, Span<float> target)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first + target.Length, Count);
        var from = new ReadOnlySpan<byte>(
            (void*)(Data + (nint)(first * Stored.SizeInBytes())), checked(target.Length * Stored.SizeInBytes()));
        switch (Stored)
        {
            case TensorDType.F32:
                MemoryMarshal.Cast<byte, float>(from).CopyTo(target);
                break;
            case TensorDType.F64:
                var doubles = MemoryMarshal.Cast<byte, double>(from);
                for (var i = 0; i < target.Length; i++) target[i] = (float)doubles[i];
                break;
            default:
                var halves = MemoryMarshal.Cast<byte, ushort>(from);
                for (var i = 0; i < target.Length; i++) target[i] = TensorRounding.Widen(halves[i], Stored);
                break;
        }

        if (DType == Stored || DType is not (TensorDType.BF16 or TensorDType.F16)) return;
        for (var i = 0; i < target.Length; i++) target[i] = TensorRounding.Widen(TensorRounding.Round(target[i], DType), DType);
    }
}
