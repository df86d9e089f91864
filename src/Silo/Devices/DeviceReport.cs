using LisaOrleans.Model;
using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>Which device trains, and how fast it multiplies matrices.</summary>
/// <param name="Device">As PyTorch writes it.</param>
/// <param name="Libtorch">Version of the native library.</param>
/// <param name="Float32">Floating-point operations per second in float32.</param>
/// <param name="BFloat16">The same in bfloat16.</param>
public sealed record DeviceReport(string Device, string Libtorch, double Float32, double BFloat16)
{
    /// <value>What a new run of a bfloat16 model computes in here, if that is left to it: a model as wide as most are.</value>
    public string Compute => Device == "cpu" ? RunDtypes.Choose(new MatrixRates(Float32, BFloat16)) : "bfloat16";

    /// <summary>Looks at the device and measures for about a second.</summary>
    public static DeviceReport Make()
    {
        var device = TrainingDevice.Find();
        var time = TimeSpan.FromSeconds(0.5);
        var rates = MatrixRate.Measure(device, time, ScalarType.Float32, ScalarType.BFloat16);
        return new DeviceReport(device.ToString(), __version__, rates[0], rates[1]);
    }
}
