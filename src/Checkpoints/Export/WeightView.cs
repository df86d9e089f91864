using System.Runtime.InteropServices;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// A view of a tensor's numbers, where they are in memory, as the model has them. Whoever made it keeps the memory alive.
/// </summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="DType">The dtype that it has in the model.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Stored">The dtype that it is stored in: the model's, or float32, from which the model's is rounded.</param>
/// <param name="Data">Address of its contiguous bytes.</param>
public sealed record WeightView(string Name, TensorDType DType, IReadOnlyList<long> Shape, TensorDType Stored, nint Data)
{
    private const int Chunk = 1 << 20;

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

    /// <summary>Writes its bytes as the model has them, a few at a time.</summary>
    public async Task WriteAsync(Stream stream, CancellationToken cancellationToken)
    {
        var (bytes, chunk) = (Count * DType.SizeInBytes(), new byte[Chunk]);
        for (var at = 0L; at < bytes; at += Chunk)
        {
            var count = (int)Math.Min(Chunk, bytes - at);
            Copy(at / DType.SizeInBytes(), chunk.AsSpan(0, count));
            await stream.WriteAsync(chunk.AsMemory(0, count), cancellationToken).ConfigureAwait(false);
        }
    }

    private unsafe void Copy(long first, Span<byte> target)
    {
        var from = (void*)(Data + (nint)(first * Stored.SizeInBytes()));
        if (Stored == DType) new ReadOnlySpan<byte>(from, target.Length).CopyTo(target);
        else TensorRounding.Round(new ReadOnlySpan<float>(from, target.Length / sizeof(ushort)), MemoryMarshal.Cast<byte, ushort>(target), DType);
    }
}
