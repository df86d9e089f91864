using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using LisaOrleans.Model;

namespace LisaOrleans.Grains;

/// <summary>The parts of this process: spans of their calls, and the memory that they hold.</summary>
internal static class PartTelemetry
{
    private static readonly ConcurrentDictionary<string, PartMemory> s_memory = new();

    private static readonly ObservableGauge<long> s_bytes = LisaTelemetry.Meter.CreateObservableGauge(
        "lisa.device.memory",
        () => new[]
        {
            Bytes("weights", s_memory.Values.Sum(m => m.Weights)),
            Bytes("optimizer", s_memory.Values.Sum(m => m.Optimizer)),
            Bytes("gradients", s_memory.Values.Sum(m => m.Gradients)),
            Bytes("activations", TransportTelemetry.HeldBytes),
        },
        "By", "Memory of parts and of the activations between them, by kind");

    static PartTelemetry() => LisaTelemetry.Meter.CreateObservableGauge(
        "lisa.device.parts",
        () => new[]
        {
            new Measurement<long>(s_memory.Values.Count(m => m.Trainable), LisaTelemetry.Tag("state", "active")),
            new Measurement<long>(s_memory.Values.Count(m => !m.Trainable), LisaTelemetry.Tag("state", "frozen")),
        },
        "{part}", "Parts held, by whether they train");

    /// <summary>Begins the span of a micro-batch in one part: its forward, the parts after it, and its backward.</summary>
    public static Activity? MicroBatch(string part, MicroBatchCall call)
    {
        if (!LisaTelemetry.Source.HasListeners() || Activity.Current is null) return null;
        return LisaTelemetry.Source.StartActivity("micro_batch")
            ?.SetTag("lisa.part", part).SetTag("lisa.micro_batch", call.Index)
                .SetTag("lisa.step", call.Step).SetTag("lisa.train", call.Train);
    }

    /// <summary>Begins the span of work on the device's thread, which has no current activity.</summary>
    public static Activity? Work(WorkPriority priority, Activity? caller)
    {
        if (caller is not { Recorded: true }) return null;
        var name = priority switch
        {
            WorkPriority.Forward => "forward",
            WorkPriority.Backward => "backward",
            _ => "control",
        };
        return LisaTelemetry.Source.StartActivity(name, ActivityKind.Internal, caller.Context);
    }

    /// <summary>Measures the memory of a part. On the device's thread.</summary>
    public static void Measure(string key, ModelPart part)
    {
        if (!s_bytes.Enabled) return;
        s_memory[key] = new PartMemory
        {
            Weights = part.WeightBytes,
            Optimizer = part.OptimizerBytes,
            Gradients = part.GradientBytes,
            Trainable = part.Trainable,
        };
    }

    /// <summary>The part is not here any more.</summary>
    public static void Forget(string key) => s_memory.TryRemove(key, out _);

    private static Measurement<long> Bytes(string kind, long bytes) => new(bytes, LisaTelemetry.Tag("kind", kind));
}
