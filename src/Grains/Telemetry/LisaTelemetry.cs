using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace LisaOrleans.Grains;

/// <summary>The source of all measurements and traces. Nothing is collected while nobody listens.</summary>
public static class LisaTelemetry
{
    /// <summary>Name of the meters and of the activity source.</summary>
    public const string Name = "LisaOrleans";

    internal static Meter Meter { get; } = new(Name);

    internal static ActivitySource Source { get; } = new(Name);

    internal static KeyValuePair<string, object?> Tag(string name, object value) => new(name, value);
}
