using System.Diagnostics;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>How fast a device multiplies matrices, which is most of what training does.</summary>
public static class MatrixRate
{
    private const int Size = 1024;
    private const int Fewest = 3;

    /// <summary>Floating-point operations per second of square products with 1024 rows, the fastest of those that fit into a time.</summary>
    /// <param name="device">Where.</param>
    /// <param name="dtype">In which numbers.</param>
    /// <param name="time">How long to try; at least three products are made.</param>
    public static double Measure(Device device, ScalarType dtype, TimeSpan time)
    {
        using var noGrad = no_grad();
        using var a = ones(Size, Size, dtype: dtype, device: device);
        var (began, fastest) = (Stopwatch.GetTimestamp(), TimeSpan.MaxValue);
        for (var i = 0; i <= Fewest || Stopwatch.GetElapsedTime(began) < time; i++)
        {
            var start = Stopwatch.GetTimestamp();
            using (a.matmul(a))
                if (device.type == TorchSharp.DeviceType.CUDA) cuda.synchronize(device);

            // The first product warms the library up.
            if (i > 0 && Stopwatch.GetElapsedTime(start) is var took && took < fastest) fastest = took;
        }

        return 2.0 * Size * Size * Size / fastest.TotalSeconds;
    }
}
