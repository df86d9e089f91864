using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Tensors of zeros of which only those pages take memory that are written to: a table of which a few rows have numbers. Where that is not
/// to be had (a GPU, a system other than Linux), and where it is not worth its pages, they are libtorch's.
/// </summary>
internal static unsafe partial class ZeroedMemory
{
    // sys/mman.h
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private const int NoHugePage = 15;

    private const long Least = 1 << 20;

    private static readonly ConcurrentDictionary<nint, nuint> s_lengths = new();

    /// <summary>A tensor of zeros; the caller owns it.</summary>
    public static Tensor Zeros(IReadOnlyList<long> shape, ScalarType dtype, Device device)
    {
        var bytes = checked(shape.Aggregate(1L, (a, b) => a * b) * dtype.ElementSize());
        if (device.type != TorchSharp.DeviceType.CPU || !OperatingSystem.IsLinux() || bytes < Least)
            return zeros([.. shape], dtype, device).DetachFromDisposeScope();
        var memory = Map(0, (nuint)bytes, ReadWrite, PrivateAnonymous, -1, 0);
        if (memory == -1) throw new OutOfMemoryException($"the system has no {bytes} bytes of memory");

        // Or a row would take 2 MiB where the system gives huge pages. A kernel without those refuses, and gives none.
        _ = Advise(memory, (nuint)bytes, NoHugePage);
        s_lengths[memory] = (nuint)bytes;
        try
        {
            return TensorMemory.Over(memory, shape, dtype, &Return);
        }
        catch
        {
            Free(memory);
            throw;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Return(nint memory) => Free(memory);

    private static void Free(nint memory)
    {
        if (s_lengths.TryRemove(memory, out var length)) _ = Unmap(memory, length);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);
}
