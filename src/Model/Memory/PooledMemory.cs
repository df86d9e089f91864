using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>
/// Tensors on the CPU over memory that is used again for the next tensor of the same size. Fresh memory costs a page fault
/// every 4 KiB, which for data from a network costs more than the copy itself.
/// </summary>
public static unsafe class PooledMemory
{
    // Tensors of one size come and go; of what lies idle beyond this, the sizes are given back that were not used for longest.
    private const long MaxIdleBytes = 512L << 20;
    private const nuint Alignment = 64;

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<nint, long> s_sizes = [];
    private static readonly Dictionary<long, LinkedListNode<(long Bytes, Stack<nint> Memory)>> s_idle = [];
    private static readonly LinkedList<(long Bytes, Stack<nint> Memory)> s_byUse = [];
    private static long s_idleBytes;

    /// <summary>A tensor without values; the caller owns it. Its memory comes back when the last tensor over it is freed.</summary>
    public static Tensor Empty(IReadOnlyList<long> shape, ScalarType dtype)
    {
        var count = shape.Aggregate(1L, (a, b) => checked(a * b));
        var memory = Rent(count * dtype.ElementSize());
        try
        {
            return TensorMemory.Over(memory, shape, dtype, &Return);
        }
        catch
        {
            GiveBack(memory);
            throw;
        }
    }

    private static nint Rent(long bytes)
    {
        lock (s_lock)
        {
            if (s_idle.TryGetValue(bytes, out var idle))
            {
                s_byUse.Remove(idle);
                s_byUse.AddLast(idle);
                return TakeIdle(idle);
            }

            var memory = (nint)NativeMemory.AlignedAlloc((nuint)Math.Max(1, bytes), Alignment);
            s_sizes.Add(memory, bytes);
            return memory;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Return(nint memory) => GiveBack(memory);

    private static void GiveBack(nint memory)
    {
        lock (s_lock)
        {
            var bytes = s_sizes[memory];
            if (bytes > MaxIdleBytes)
            {
                Free(memory);
                return;
            }

            while (s_idleBytes + bytes > MaxIdleBytes) Free(TakeIdle(s_byUse.First!));
            if (s_idle.TryGetValue(bytes, out var idle)) s_byUse.Remove(idle);
            else s_idle.Add(bytes, idle = new LinkedListNode<(long Bytes, Stack<nint> Memory)>((bytes, [])));
            s_byUse.AddLast(idle);
            idle.ValueRef.Memory.Push(memory);
            s_idleBytes += bytes;
        }
    }

    private static nint TakeIdle(LinkedListNode<(long Bytes, Stack<nint> Memory)> idle)
    {
        var (bytes, memory) = idle.Value;
        var taken = memory.Pop();
        s_idleBytes -= bytes;
        if (memory.Count > 0) return taken;
        s_byUse.Remove(idle);
        s_idle.Remove(bytes);
        return taken;
    }

    private static void Free(nint memory)
    {
        s_sizes.Remove(memory);
        NativeMemory.AlignedFree((void*)memory);
    }
}
