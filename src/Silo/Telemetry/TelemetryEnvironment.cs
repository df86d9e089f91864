using System.Collections;

namespace LisaOrleans.Silo;

/// <summary>
/// The standard variables of OpenTelemetry (OTEL_…). Hosts here read no other settings from the environment, so these variables
/// are handed to them one by one.
/// </summary>
internal static class TelemetryEnvironment
{
    public const string SamplerVariable = "OTEL_TRACES_SAMPLER";

    private const string Prefix = "OTEL_";
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    /// <summary>All variables that are set.</summary>
    public static IEnumerable<KeyValuePair<string, string?>> Variables =>
        Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Where(v => ((string)v.Key).StartsWith(Prefix, StringComparison.Ordinal) && ((string?)v.Value)?.Length > 0)
            .Select(v => new KeyValuePair<string, string?>((string)v.Key, (string?)v.Value));

    /// <summary>Whether a signal (<c>TRACES</c>, <c>METRICS</c>, <c>LOGS</c>) has somewhere to go.</summary>
    public static bool Exports(string signal) => IsSet(Endpoint) || IsSet($"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT");

    public static bool IsSet(string variable) => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable));
}
