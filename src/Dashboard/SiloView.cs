namespace LisaOrleans.Dashboard;

/// <summary>A silo on the dashboard.</summary>
internal sealed record SiloView
{
    public required string Address { get; init; }

    /// <value><c>joining</c>, <c>active</c>, <c>silent</c> (does not answer), <c>leaving</c> or <c>dead</c>.</value>
    public required string State { get; init; }

    public required IReadOnlyList<string> Roles { get; init; }

    public required long MemoryBytes { get; init; }

    public required int Threads { get; init; }

    /// <value>Its program's version; null if that is not known.</value>
    public string? Version { get; init; }

    public string? Device { get; init; }

    public long? ProcessBytes { get; init; }

    public double? UpSeconds { get; init; }

    /// <value>The share of the last seconds for which the device's worker was busy, 0 to 1; null while it is not known.</value>
    public double? Utilisation { get; init; }
}
