using System.Globalization;
using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>What a silo computes on: the first GPU that this process sees, or the processor.</summary>
public static class TrainingDevice
{
    private static readonly Lazy<bool> s_onGpu = new(() => cuda.is_available());
    private static readonly Lazy<string> s_kind = new(() => DeviceKind.Of(Find()));

    /// <summary>The device, as PyTorch writes it: <c>cpu</c>, <c>cuda:0</c>.</summary>
    public static string Name => Find().ToString();

    /// <summary>Of what kind it is: see <see cref="DeviceKind"/>.</summary>
    public static string Kind => s_kind.Value;

    /// <summary>Version of the native library that computes.</summary>
    public static string Libtorch => __version__;

    /// <summary>How fast a processor multiplies matrices, as a silo's metadata have it; empty for a GPU.</summary>
    internal static string WriteRates() => OnGpu ? ""
        : string.Create(CultureInfo.InvariantCulture, $"{RunDtypes.OwnRates.Float32:0} {RunDtypes.OwnRates.BFloat16:0}");

    /// <summary>What <see cref="WriteRates"/> wrote; null for nothing.</summary>
    internal static MatrixRates? ReadRates(string text) =>
        text.Split(' ') is [var single, var rounded] && Rate(single) is { } float32 && Rate(rounded) is { } bfloat16
            ? new MatrixRates(float32, bfloat16)
            : null;

    private static double? Rate(string text) =>
        double.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rate) && rate > 0 ? rate : null;

    internal static bool OnGpu => s_onGpu.Value;

    internal static Device Find() => OnGpu ? CUDA : CPU;
}
