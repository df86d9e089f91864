namespace LisaOrleans.Api;

/// <summary>
/// A job that is to be imported, in <c>imports/ID.json</c>. The document is deleted once the job's run was started.
/// </summary>
internal sealed record JobImport
{
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The silo that does the import; null for none. If it has died, another may take its place.</summary>
    public string? Silo { get; init; }
}
