using System.Runtime.InteropServices;

namespace LisaOrleans;

/// <summary>glibc's counters of the C heap, in bytes: mallinfo2 of malloc.h.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly partial struct MallocInfo
{
    private readonly nuint _arena, _freeChunks, _fastBins, _mappings;

    /// <summary>Blocks that have pages of their own.</summary>
    public readonly nuint Mapped;

    private readonly nuint _most, _freeFast;

    /// <summary>Blocks of the heap that are in use.</summary>
    public readonly nuint Used;

    /// <summary>Those that are free.</summary>
    public readonly nuint Free;

    private readonly nuint _top;

    /// <summary>The counters now. Only where glibc is.</summary>
    [LibraryImport("libc.so.6", EntryPoint = "mallinfo2")]
    public static partial MallocInfo Read();
}
