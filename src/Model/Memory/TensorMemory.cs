using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Raw memory of contiguous tensors, of any size and dtype.</summary>
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

    /// <summary>The same of a tensor that may be a contiguous piece of another.</summary>
    internal static nint AddressOfPiece(Tensor tensor)
    {
        if (!tensor.is_contiguous() || tensor.device_type != TorchSharp.DeviceType.CPU)
            throw new ArgumentException("the tensor must be contiguous and on the CPU", nameof(tensor));
        var address = DataPointer(tensor.Handle);
        GC.KeepAlive(tensor);
        return address;
    }

    /// <summary>Keeps tensors from being freed before this, whose memory is used by its address.</summary>
    internal static void KeepAlive(params ReadOnlySpan<Tensor> tensors)
    {
        foreach (var tensor in tensors) GC.KeepAlive(tensor);
    }

    /// <summary>A new tensor with a copy of the bytes at an address; the caller owns it.</summary>
    public static Tensor Copy(nint source, IReadOnlyList<long> shape, ScalarType dtype)
    {
        var tensor = empty([.. shape], dtype).DetachFromDisposeScope();
        var bytes = tensor.numel() * tensor.element_size();
        Buffer.MemoryCopy((void*)source, (void*)Address(tensor), bytes, bytes);
        return tensor;
    }

    /// <summary>
    /// A tensor on the CPU over memory that somebody else owns; the caller owns the tensor, and must not write to it, nor use it after
    /// the memory is gone.
    /// </summary>
    /// <param name="address">Address of the first byte, a multiple of the size of an element.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="dtype">Its dtype.</param>
    public static Tensor Borrow(nint address, IReadOnlyList<long> shape, ScalarType dtype)
    {
        if (address % dtype.ElementSize() != 0) throw new ArgumentException($"must be a multiple of {dtype.ElementSize()}", nameof(address));
        return Over(address, shape, dtype, &Nothing, TorchSharp.DeviceType.CPU, -1);
    }

    /// <summary>
    /// A tensor on the CPU over memory that libtorch does not own; the caller owns the tensor.
    /// </summary>
    /// <param name="address">Address of the first byte.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="dtype">Its dtype.</param>
    /// <param name="deleter">Called with the address when the last tensor over the memory is freed, on any thread.</param>
    /// <exception cref="InvalidOperationException">There is no such tensor; the deleter is not called.</exception>
    internal static Tensor Over(nint address, IReadOnlyList<long> shape, ScalarType dtype, delegate* unmanaged[Cdecl]<nint, void> deleter) =>
        Over(address, shape, dtype, deleter, TorchSharp.DeviceType.CPU, -1);

    /// <summary>Writes other numbers into a tensor, without autograd's knowledge: what has been saved for a backward pass changes with it.</summary>
    /// <param name="target">Contiguous, at the start of its storage.</param>
    /// <param name="numbers">As many, of any shape and dtype.</param>
    internal static void Overwrite(Tensor target, Tensor numbers)
    {
        if (!target.is_contiguous() || target.storage_offset() != 0)
            throw new ArgumentException("the tensor must be contiguous and at the start of its storage", nameof(target));
        if (numbers.numel() != target.numel())
            throw new ArgumentException($"{numbers.numel()} numbers for {target.numel()}", nameof(numbers));
        using var mode = no_grad();

        // Held until the copy is made: of what no variable and no dispose scope holds, a garbage collection frees the handle while
        // libtorch still uses it.
        using var second = Over(DataPointer(target.Handle), numbers.shape, target.dtype, &Nothing, target.device_type, target.device_index);
        second.copy_(numbers);
        KeepAlive(target, numbers);
    }

    private static Tensor Over(
        nint address, IReadOnlyList<long> shape, ScalarType dtype, delegate* unmanaged[Cdecl]<nint, void> deleter,
        TorchSharp.DeviceType device, int index)
    {
        var count = shape.Aggregate(1L, (a, b) => checked(a * b));
        var handle = FromBuffer(address, deleter, count, 0, (sbyte)dtype, (sbyte)dtype, (int)device, index, false);
        if (handle == 0) throw new InvalidOperationException("libtorch made no tensor over the given memory");
        using var flat = Tensor.UnsafeCreateTensor(handle);
        return flat.view([.. shape]).DetachFromDisposeScope();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Nothing(nint memory)
    {
    }

    // TorchSharp's own frombuffer takes managed arrays only.
    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_frombuffer")]
    private static partial nint FromBuffer(
        nint data, delegate* unmanaged[Cdecl]<nint, void> deleter, long count, long offset, sbyte type, sbyte dtype, int deviceType, int deviceIndex,
        [MarshalAs(UnmanagedType.U1)] bool requiresGradient);

    // TorchSharp's own storage<T>() first converts to T: for another dtype that is the address of a temporary copy.
    [LibraryImport("LibTorchSharp", EntryPoint = "THSTensor_data")]
    private static partial nint DataPointer(nint tensor);
}
