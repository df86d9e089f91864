using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace LisaOrleans.Grains;

/// <summary>How the runs at work in this process share their steps out among silos. Observed, as <see cref="RunTelemetry"/> is.</summary>
internal static class ReplicaTelemetry
{
    private static readonly ConcurrentDictionary<string, Sharing> s_runs = new();

    private static readonly ObservableGauge<int> s_replicas = LisaTelemetry.Meter.CreateObservableGauge(
        "lisa.run.replicas", () => s_runs.Select(r => new Measurement<int>(r.Value.Replicas, Run(r.Key))),
        "{replica}", "Pipelines of the whole model that share a step");

    static ReplicaTelemetry()
    {
        LisaTelemetry.Meter.CreateObservableGauge(
            "lisa.run.replica.lanes",
            () => s_runs.SelectMany(r => r.Value.Lanes.Select((lanes, replica) => new Measurement<int>(
                lanes, Run(r.Key), LisaTelemetry.Tag("replica", replica.ToString(CultureInfo.InvariantCulture))))),
            "{lane}", "Gradient lanes of each replica");
        LisaTelemetry.Meter.CreateObservableGauge(
            "lisa.run.replica.owned_parts",
            () => s_runs.SelectMany(r => r.Value.Owned.Select(o => new Measurement<int>(
                o.Value, Run(r.Key), LisaTelemetry.Tag("replica", o.Key.ToString(CultureInfo.InvariantCulture))))),
            "{part}", "Parts whose optimizer state each replica keeps while they train");
        LisaTelemetry.Meter.CreateObservableGauge(
            "lisa.run.exchange.size", () => s_runs.Where(r => r.Value.Traffic is not null)
                .Select(r => new Measurement<long>(r.Value.Traffic!.Bytes, Run(r.Key))),
            "By", "Bytes that replicas exchanged in the last step");
        LisaTelemetry.Meter.CreateObservableGauge(
            "lisa.run.exchange.hidden_share", () => s_runs.Where(r => r.Value.Traffic is not null)
                .Select(r => new Measurement<double>(r.Value.Traffic!.HiddenShare, Run(r.Key))),
            null, "The share of the time of these transfers for which nobody waited, from 0 to 1");
        LisaTelemetry.Meter.CreateObservableGauge(
            "lisa.run.silo.speed", () => s_runs.SelectMany(
                r => r.Value.Speeds.Select(s => new Measurement<double>(s.Value, Run(r.Key), LisaTelemetry.Tag("silo", s.Key)))),
            null, "Multiply-adds of decoder layers in a second of a silo's device, on average over the last steps");
    }

    /// <summary>A step was committed.</summary>
    public static void Completed(string run, Pipeline pipeline)
    {
        if (!s_replicas.Enabled) return;
        var stages = pipeline.Stages;
        s_runs[run] = new Sharing(
            stages.Replicas, stages.Lanes, pipeline.Transfers.Last, pipeline.Speeds.Measured,
            stages.Stages.SelectMany(s => s.Parts).Distinct().CountBy(stages.OwnerOf).ToDictionary());
    }

    /// <summary>The run is not worked on here any more.</summary>
    public static void Forget(string run) => s_runs.TryRemove(run, out _);

    private static KeyValuePair<string, object?> Run(string name) => LisaTelemetry.Tag("run", name);

    private sealed record Sharing(
        int Replicas, IReadOnlyList<int> Lanes, ReplicaTraffic? Traffic, IReadOnlyDictionary<string, double> Speeds,
        IReadOnlyDictionary<int, int> Owned);
}
