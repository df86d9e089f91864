using System.Buffers;

namespace LisaOrleans.Data;

/// <summary>Memory at an address, such as a mapped file, as .NET's Memory. Whoever mapped it keeps it alive.</summary>
/// <param name="data">First element.</param>
/// <param name="length">Elements.</param>
public sealed unsafe class MappedMemory<T>(nint data, int length) : MemoryManager<T>
    where T : unmanaged
{
    /// <inheritdoc/>
    public override Span<T> GetSpan() => new((void*)data, length);

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new((T*)data + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
