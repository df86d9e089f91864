using LisaOrleans.Model;
using static TorchSharp.torch;

namespace LisaOrleans.Silo;

/// <summary>Which device trains, and how fast it multiplies matrices.</summary>
/// <param name="Device">As PyTorch writes it.</param>
/// <param name="Libtorch">Version of the native library.</param>
/// <param name="Float32">Floating-point operations per second in float32.</param>
/// <param name="BFloat16">The same in bfloat16.</param>
public sealed record DeviceReport(string Device, string Libtorch, double Float32, double BFloat16)
{
    // Half the bytes per weight are worth a somewhat slower product, but not half the speed.
    private const double WorthIt = 0.8;

    /// <value>The dtype that suits the device.</value>
    public string Preferred => BFloat16 >= WorthIt * Float32 ? "bfloat16" : "float32";

    /// <summary>Looks at the device and measures for about a second.</summary>
    public static DeviceReport Make()
    {
        var device = TrainingDevice.Find();
        var time = TimeSpan.FromSeconds(0.5);
        var rates = MatrixRate.Measure(device, time, ScalarType.Float32, ScalarType.BFloat16);
        return new DeviceReport(device.ToString(), __version__, rates[0], rates[1]);
    }
}
