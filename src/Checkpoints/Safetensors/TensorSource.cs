using System.Buffers;

namespace LisaOrleans.Checkpoints;

/// <summary>A tensor to be written. Whoever made it keeps the memory alive until then.</summary>
/// <param name="Name">Its name.</param>
/// <param name="DType">Element type.</param>
/// <param name="Shape">Dimensions.</param>
/// <param name="Data">Address of its contiguous bytes.</param>
public sealed record TensorSource(string Name, TensorDType DType, IReadOnlyList<long> Shape, nint Data)
{
    /// <value>Where the bytes are, if that may change while they are written; null (default) where they stay.</value>
    public MovableMemory? Memory { get; init; }

    /// <summary>Bytes.</summary>
    public long Length => Shape.Aggregate((long)DType.SizeInBytes(), (size, dimension) => checked(size * dimension));

    /// <summary>Reads the bytes that begin at one of them, up to the tensor's end or a number of bytes.</summary>
    /// <returns>How many were read.</returns>
    internal unsafe int Read<T>(long at, int most, T state, ReadOnlySpanAction<byte, T> read)
    {
        var count = (int)Math.Min(most, Length - at);
        if (Memory is not null) Memory.Read(at, count, state, read);
        else read(new ReadOnlySpan<byte>((void*)(Data + (nint)at), count), state);
        return count;
    }
}
