using System.Diagnostics;
using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>How fast a device multiplies matrices, which is most of what training does.</summary>
public static class MatrixRate
{
    private const int WarmSize = 64;
    private const int Turns = 4;

    /// <summary>
    /// Floating-point operations per second of square products with 512 rows, on GPUs 1024: the fastest of those that fit into a time. So
    /// many fit that other work on the same cores hardly shows, unless the processor has no instructions for a format; then it is one. The
    /// formats take turns, so that work which comes or goes meanwhile hits all of them.
    /// </summary>
    /// <param name="device">Where.</param>
    /// <param name="time">How long to try each; at least one product is made.</param>
    /// <param name="dtypes">In which numbers.</param>
    /// <returns>One for each of <paramref name="dtypes"/>.</returns>
    public static double[] Measure(Device device, TimeSpan time, params ReadOnlySpan<ScalarType> dtypes)
    {
        var size = device.type == TorchSharp.DeviceType.CUDA ? 1024 : 512;
        var (fastest, spent) = (new TimeSpan[dtypes.Length], new TimeSpan[dtypes.Length]);
        fastest.AsSpan().Fill(TimeSpan.MaxValue);
        using var noGrad = no_grad();
        for (var turn = 1; turn <= Turns; turn++)
        {
            for (var i = 0; i < dtypes.Length; i++)
            {
                // A single product may have taken the time of all turns.
                if (spent[i] >= time * turn / Turns) continue;
                using var a = ones(size, size, dtype: dtypes[i], device: device);

                // The first product warms the library up.
                using (var small = a.narrow(0, 0, WarmSize).narrow(1, 0, WarmSize)) Multiply(small);
                while (spent[i] < time * turn / Turns)
                {
                    var took = Multiply(a);
                    spent[i] += took;
                    if (took < fastest[i]) fastest[i] = took;
                }
            }
        }

        return [.. fastest.Select(f => 2.0 * size * size * size / f.TotalSeconds)];
    }

    private static TimeSpan Multiply(Tensor a)
    {
        var start = Stopwatch.GetTimestamp();
        using (a.matmul(a))
            if (a.device_type == TorchSharp.DeviceType.CUDA) cuda.synchronize(a.device);
        return Stopwatch.GetElapsedTime(start);
    }
}
