using System.Diagnostics.Metrics;

namespace LisaOrleans.Grains;

/// <summary>What the devices of this process do: how long they compute, and what waits for them.</summary>
public static class DeviceTelemetry
{
    private static readonly KeyValuePair<string, object?>[] s_work =
        [LisaTelemetry.Tag("work", "control"), LisaTelemetry.Tag("work", "backward"), LisaTelemetry.Tag("work", "forward")];

    private static readonly Counter<double> s_busy = LisaTelemetry.Meter.CreateCounter<double>(
        "lisa.device.busy.time", "s", "Time that the device's thread computed");

    private static readonly UpDownCounter<long> s_queue = LisaTelemetry.Meter.CreateUpDownCounter<long>(
        "lisa.device.queue.length", "{item}", "Pieces of work that wait for the device's thread");

    /// <summary>A piece of work began to wait.</summary>
    public static void Queued(WorkPriority priority) => s_queue.Add(1, s_work[(int)priority]);

    /// <summary>A piece of work waits no longer.</summary>
    public static void Dequeued(WorkPriority priority) => s_queue.Add(-1, s_work[(int)priority]);

    /// <summary>Records how long a piece of work took.</summary>
    public static void Busy(WorkPriority priority, TimeSpan time) => s_busy.Add(time.TotalSeconds, s_work[(int)priority]);
}
