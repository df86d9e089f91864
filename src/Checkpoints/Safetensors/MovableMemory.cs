using System.Buffers;

namespace LisaOrleans.Checkpoints;

/// <summary>Native memory whose bytes may be put elsewhere while they are being read. Thread-safe.</summary>
/// <param name="address">Where they are.</param>
public sealed unsafe class MovableMemory(nint address)
{
    private readonly Lock _lock = new();
    private nint _address = address;

    /// <summary>Notes that the same bytes are at another address. From then on nobody reads at the one before.</summary>
    public void Move(nint address)
    {
        lock (_lock) _address = address;
    }

    /// <summary>Reads bytes where they are now; they do not move meanwhile, so this should not take long.</summary>
    /// <param name="at">The first byte.</param>
    /// <param name="count">How many.</param>
    /// <param name="state">What the reader wants besides.</param>
    /// <param name="read">The reader.</param>
    internal void Read<T>(long at, int count, T state, ReadOnlySpanAction<byte, T> read)
    {
        lock (_lock) read(new ReadOnlySpan<byte>((void*)(_address + (nint)at), count), state);
    }
}
