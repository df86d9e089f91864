using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Tensors of zeros of which only those pages take memory that are written to (<see cref="ZeroPages"/>): a table of which a few rows have
/// numbers. Where that is not to be had (a GPU, a system other than Linux), and where it is not worth its pages, they are libtorch's.
/// </summary>
internal static unsafe class ZeroedMemory
{
    private const long Least = 1 << 20;

    private static readonly ConcurrentDictionary<nint, long> s_lengths = new();

    /// <summary>A tensor of zeros; the caller owns it.</summary>
    public static Tensor Zeros(IReadOnlyList<long> shape, ScalarType dtype, Device device)
    {
        var bytes = checked(shape.Aggregate(1L, (a, b) => a * b) * dtype.ElementSize());
        if (device.type != TorchSharp.DeviceType.CPU || !OperatingSystem.IsLinux() || bytes < Least)
            return zeros([.. shape], dtype, device).DetachFromDisposeScope();
        var memory = ZeroPages.Allocate(bytes);
        s_lengths[memory] = bytes;
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
        if (s_lengths.TryRemove(memory, out var length)) ZeroPages.Free(memory, length);
    }
}
