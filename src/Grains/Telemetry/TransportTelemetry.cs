using System.Diagnostics.Metrics;

namespace LisaOrleans.Grains;

/// <summary>Tensors on their way between silos, and those that wait for their receivers.</summary>
public static class TransportTelemetry
{
    private static readonly Direction s_received = new("receive");
    private static readonly Direction s_sent = new("transmit");

    private static readonly Histogram<double> s_duration = LisaTelemetry.Meter.CreateHistogram(
        "lisa.transport.duration", "s", "Time from the claim of a tensor to its last byte", tags: null,
        new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5] });

    private static long s_held;
    private static long s_failures;

    static TransportTelemetry()
    {
        LisaTelemetry.Meter.CreateObservableCounter(
            "lisa.transport.io", () =>
                new[] { s_received.Of(s_received.Bytes), s_sent.Of(s_sent.Bytes) }, "By", "Bytes of tensors from and to other silos");
        LisaTelemetry.Meter.CreateObservableCounter(
            "lisa.transport.tensors", () =>
                new[] { s_received.Of(s_received.Tensors), s_sent.Of(s_sent.Tensors) }, "{tensor}", "Tensors from and to other silos");
        LisaTelemetry.Meter.CreateObservableCounter(
            "lisa.transport.failures", () => Interlocked.Read(ref s_failures), "{failure}", "Claims of tensors of other silos that failed");
    }

    /// <summary>Bytes of tensors that wait for their receivers.</summary>
    public static long HeldBytes => Interlocked.Read(ref s_held);

    /// <summary>Counts bytes that begin to wait for their receivers (negative: that wait no longer).</summary>
    public static void Held(long bytes) => Interlocked.Add(ref s_held, bytes);

    /// <summary>A tensor came from another silo.</summary>
    public static void Received(long bytes, TimeSpan time) => s_received.Add(bytes, time);

    /// <summary>A tensor went to another silo, which has confirmed it.</summary>
    public static void Sent(long bytes, TimeSpan time) => s_sent.Add(bytes, time);

    /// <summary>A tensor of another silo could not be fetched.</summary>
    public static void Failed() => Interlocked.Increment(ref s_failures);

    private sealed class Direction(string name)
    {
        private readonly KeyValuePair<string, object?> _tag = LisaTelemetry.Tag("network.io.direction", name);
        private long _bytes;
        private long _tensors;

        public long Bytes => Interlocked.Read(ref _bytes);

        public long Tensors => Interlocked.Read(ref _tensors);

        public Measurement<long> Of(long value) => new(value, _tag);

        public void Add(long bytes, TimeSpan time)
        {
            Interlocked.Add(ref _bytes, bytes);
            Interlocked.Increment(ref _tensors);
            s_duration.Record(time.TotalSeconds, _tag);
        }
    }
}
