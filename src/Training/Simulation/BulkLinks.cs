namespace LisaOrleans.Training;

/// <summary>
/// Links of silos, each way, for gradient sums and weights: one tensor after the other at each end. Activations pass them by, as
/// they are small.
/// </summary>
internal sealed class BulkLinks(int silos, double bytesPerSecond, double latency)
{
    private readonly double[] _out = new double[silos];
    private readonly double[] _in = new double[silos];

    /// <summary>Sends bytes from a moment on; returns when they have come.</summary>
    public double Send(int from, int to, double bytes, double now)
    {
        var end = Math.Max(now, Math.Max(_out[from], _in[to])) + (bytes / bytesPerSecond);
        _out[from] = _in[to] = end;
        return end + latency;
    }
}
