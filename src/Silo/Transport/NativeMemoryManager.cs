using System.Buffers;

namespace LisaOrleans.Silo;

/// <summary>Native memory as <see cref="Memory{T}"/>, for sockets. Owns nothing: the memory must outlive the transfer.</summary>
internal sealed unsafe class NativeMemoryManager(nint data, int length) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => new((void*)data, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new((void*)(data + elementIndex));

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
    }
}
