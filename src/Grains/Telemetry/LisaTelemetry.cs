using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace LisaOrleans.Grains;

/// <summary>The source of all measurements and traces. Nothing is collected while nobody listens.</summary>
public static class LisaTelemetry
{
    /// <summary>Name of the meters and of the activity source.</summary>
    public const string Name = "LisaOrleans";

    internal static Meter Meter { get; } = new(Name);

    internal static ActivitySource Source { get; } = new(Name);

    /// <summary>
    /// Makes all instruments at once. A counter that is first seen at 1 has no increase, so those that alerts look at must be
    /// there at 0 before the first run.
    /// </summary>
    public static void Register()
    {
        Type[] owners =
        [
            typeof(RunTelemetry), typeof(ReplicaTelemetry), typeof(PartTelemetry), typeof(DeviceTelemetry),
            typeof(TransportTelemetry),
        ];
        foreach (var owner in owners) RuntimeHelpers.RunClassConstructor(owner.TypeHandle);
    }

    internal static KeyValuePair<string, object?> Tag(string name, object value) => new(name, value);
}
