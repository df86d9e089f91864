using System.Runtime.InteropServices;

namespace LisaOrleans.Silo;

/// <summary>How much memory this process finds for tensors: of its GPU, where it computes on one, or of its machine or container.</summary>
public static partial class DeviceMemory
{
    // The rest is for CUDA's own: its context, kernels and the rooms that libraries work in.
    private const double ShareOfGpu = 0.9;

    /// <summary>Bytes, less a tenth; 0 where the driver does not say.</summary>
    /// <remarks>.NET calls it a high load when nine tenths are taken of what the machine has, or a container may have.</remarks>
    public static long Find() => TrainingDevice.OnGpu ? (long)(ShareOfGpu * OfGpu()) : GC.GetGCMemoryInfo().HighMemoryLoadThresholdBytes;

    // The first that this process sees, as for libtorch.
    private static ulong OfGpu()
    {
        try
        {
            return Initialize(0) == 0 && GetDevice(out var device, 0) == 0 && GetTotal(out var bytes, device) == 0 ? bytes : 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return 0;
        }
    }

    [LibraryImport("libcuda.so.1", EntryPoint = "cuInit")]
    private static partial int Initialize(uint flags);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuDeviceGet")]
    private static partial int GetDevice(out int device, int ordinal);

    [LibraryImport("libcuda.so.1", EntryPoint = "cuDeviceTotalMem_v2")]
    private static partial int GetTotal(out nuint bytes, int device);
}
