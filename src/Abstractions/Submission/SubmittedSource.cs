namespace LisaOrleans;

/// <summary>A source of data whose files were brought into the store.</summary>
[GenerateSerializer, Immutable, Alias("lisa.SubmittedSource")]
public sealed record SubmittedSource
{
    /// <value>Its files; those of a folder by their paths in it, with <c>/</c> between folders.</value>
    [Id(0)] public required IReadOnlyList<NamedBlob> Files { get; init; }

    /// <value>What it is. Default one file.</value>
    [Id(1)] public DataSourceKind Kind { get; init; }

    /// <value>How often its records are used. Default 1.</value>
    [Id(2)] public double Weight { get; init; } = 1;

    /// <value>
    /// The configuration or split of a folder that is read, or both with a slash between; null (default) for the usual one.
    /// </value>
    [Id(3)] public string? Part { get; init; }
}
