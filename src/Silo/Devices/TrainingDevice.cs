using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>What a silo computes on: the first GPU that this process sees, or the processor.</summary>
public static class TrainingDevice
{
    /// <summary>The device, as PyTorch writes it: <c>cpu</c>, <c>cuda:0</c>.</summary>
    public static string Name => Find().ToString();

    /// <summary>Version of the native library that computes.</summary>
    public static string Libtorch => __version__;

    internal static Device Find() => cuda.is_available() ? CUDA : CPU;
}
