using System.Runtime.InteropServices;

namespace LisaOrleans.Model;

/// <summary>
/// Keeps the C heap of a training process from growing even though nothing leaks: a step's activations and what outlives the
/// step (weights, optimizer state) are kept apart, holes are filled (<see cref="TensorAllocator"/>), and go back to the system when
/// layers change.
/// </summary>
/// <remarks>
/// It sets malloc's parameters (mallopt), which apply to the whole process. Nothing happens on systems without glibc. bench
/// memory shows the effect.
/// </remarks>
public static partial class HostMemory
{
    // malloc.h
    private const int TrimThreshold = -1;
    private const int MmapThreshold = -3;
    private const int ArenaMax = -8;

    private const int Pages = 128 << 10;

    // The value at which glibc's own adaptation ends after the first tensors of 32 MB and more have been freed.
    private const int Heap = 32 << 20;

    private static readonly Lock s_lock = new();
    private static readonly bool s_present = OperatingSystem.IsLinux()
        && NativeLibrary.TryLoad("libc.so.6", out var libc) && NativeLibrary.TryGetExport(libc, "mallopt", out _);

    private static int s_open;

    /// <summary>
    /// One heap for all threads that begin to allocate from now on, because few of them do at the same time here. Does not load libtorch.
    /// </summary>
    public static void ShareHeap()
    {
        if (s_present) _ = MallOpt(ArenaMax, 1);
    }

    /// <summary>The same, and libtorch's tensors in it. Call before weights are read or a device's thread starts.</summary>
    public static void Prepare()
    {
        if (!s_present) return;
        ShareHeap();
        _ = TensorAllocator.Use();
    }

    /// <summary>
    /// Opens a scope, to be disposed soon, in which tensors on the CPU get memory pages of their own, which go back to the
    /// system when the tensors are freed.
    /// </summary>
    public static IDisposable LongLived()
    {
        lock (s_lock)
        {
            if (s_open++ == 0) Set(Pages);
        }

        return new Scope();
    }

    /// <summary>Gives free pages of the heap back to the system.</summary>
    public static void ReturnFree()
    {
        if (s_present) _ = MallocTrim(0);
    }

    private static void Set(int threshold)
    {
        if (!s_present) return;
        _ = MallOpt(TrimThreshold, 2 * Heap);
        _ = MallOpt(MmapThreshold, threshold);
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int MallOpt(int parameter, int value);

    [LibraryImport("libc.so.6", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint pad);

    private sealed class Scope : IDisposable
    {
        private int _closed;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _closed, 1) != 0) return;
            lock (s_lock)
            {
                if (--s_open == 0) Set(Heap);
            }
        }
    }
}
