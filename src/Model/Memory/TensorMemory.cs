using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Raw memory of contiguous CPU tensors, of any size and dtype. The only unsafe code of this project.</summary>
public static unsafe partial class TensorMemory
{
    /// <summary>Address of the first byte; valid while the tensor lives.</summary>
    public static nint Address(Tensor tensor)
    {
        if (!tensor.is_contiguous() || tensor.device_type != TorchSharp.DeviceType.CPU || tensor.storage_offset() != 0)
            throw new ArgumentException("the tensor must be contiguous, on the CPU and at the start of its storage", nameof(tensor));
        var address = DataPointer(tensor.Handle);
        GC.KeepAlive(tensor);
        return address;
    }

    /// <summary>A new tensor with a copy of the bytes at an address; the caller owns it.</summary>
    public static Tensor Copy(nint source, IReadOnlyList<long> shape, ScalarType dtype)
    {
        var tensor = empty([.. shape], dtype).DetachFromDisposeScope();
        var bytes = tensor.numel() * tensor.element_size();
        Buffer.MemoryCopy((void*)source, (void*)Address(tensor), bytes, bytes);
        return tensor;
    }

    // TorchSharp's own storage<T>() first converts to T: for another dtype that is the address of a temporary copy.
    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial nint DataPointer(nint tensor);
}
