using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>Tensors on the CPU over files that are mapped for reading only. Writing to one ends the process.</summary>
public static unsafe class MappedMemory
{
    /// <value>
    /// A tensor begins at a multiple of this, as libtorch's own do: the bits of some of its kernels depend on it.
    /// </value>
    public const int Alignment = 64;

    private static readonly ConcurrentDictionary<nint, Action> s_release = new();

    /// <summary>A tensor over mapped bytes; the caller owns it.</summary>
    /// <param name="address">Address of the first byte, a multiple of <see cref="Alignment"/>.</param>
    /// <param name="shape">Its shape.</param>
    /// <param name="dtype">Its dtype.</param>
    /// <param name="release">Called when the last tensor over the bytes is freed, on any thread.</param>
    public static Tensor Over(nint address, IReadOnlyList<long> shape, ScalarType dtype, Action release)
    {
        if (address % Alignment != 0) throw new ArgumentException($"must be a multiple of {Alignment}", nameof(address));
        if (!s_release.TryAdd(address, release)) throw new InvalidOperationException("there is a tensor over these bytes already");
        try
        {
            return TensorMemory.Over(address, shape, dtype, &Release);
        }
        catch
        {
            s_release.TryRemove(address, out _);
            throw;
        }
    }

    /// <summary>Whether a tensor is one of these.</summary>
    public static bool Holds(Tensor tensor) =>
        tensor.device_type == TorchSharp.DeviceType.CPU && !s_release.IsEmpty && s_release.ContainsKey(TensorMemory.Address(tensor));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Release(nint memory)
    {
        if (s_release.TryRemove(memory, out var release)) release();
    }
}
