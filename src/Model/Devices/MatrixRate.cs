using System.Diagnostics;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>How fast a device multiplies matrices, which is most of what training does.</summary>
public static class MatrixRate
{
    private const int WarmSize = 64;

    /// <summary>
    /// Floating-point operations per second of square products with 512 rows, on GPUs 1024: the fastest of those that fit into a time. So
    /// many fit that other work on the same cores hardly shows, unless the processor has no instructions for a format; then it is one.
    /// </summary>
    /// <param name="device">Where.</param>
    /// <param name="dtype">In which numbers.</param>
    /// <param name="time">How long to try; at least one product is made.</param>
    public static double Measure(Device device, ScalarType dtype, TimeSpan time)
    {
        var size = device.type == TorchSharp.DeviceType.CUDA ? 1024 : 512;
        using var noGrad = no_grad();
        using var a = ones(size, size, dtype: dtype, device: device);

        // The first product warms the library up.
        using (var small = a.narrow(0, 0, WarmSize).narrow(1, 0, WarmSize)) Multiply(small);
        var (began, fastest) = (Stopwatch.GetTimestamp(), TimeSpan.MaxValue);
        do
        {
            var took = Multiply(a);
            if (took < fastest) fastest = took;
        }
        while (Stopwatch.GetElapsedTime(began) < time);

        return 2.0 * size * size * size / fastest.TotalSeconds;
    }

    private static TimeSpan Multiply(Tensor a)
    {
        var start = Stopwatch.GetTimestamp();
        using (a.matmul(a))
            if (a.device_type == TorchSharp.DeviceType.CUDA) cuda.synchronize(a.device);
        return Stopwatch.GetElapsedTime(start);
    }
}
