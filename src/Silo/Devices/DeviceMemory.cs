using LisaOrleans.Model;

namespace LisaOrleans.Silo;

/// <summary>How much memory this process finds for tensors: of its GPU, where it computes on one, or of its machine or container.</summary>
public static class DeviceMemory
{
    // The rest is for CUDA's own: its context, kernels and the rooms that libraries work in.
    private const double ShareOfGpu = 0.9;

    /// <summary>Bytes, less a tenth; 0 where the driver does not say.</summary>
    /// <remarks>.NET calls it a high load when nine tenths are taken of what the machine has, or a container may have.</remarks>
    public static long Find() => TrainingDevice.OnGpu
        ? (long)(ShareOfGpu * (CudaDriver.TotalMemory(0) ?? 0))
        : GC.GetGCMemoryInfo().HighMemoryLoadThresholdBytes;
}
