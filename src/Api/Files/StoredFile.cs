namespace LisaOrleans.Api;

/// <summary>A file as the store keeps it, in <c>files/ID.json</c>. Garbage collection spares the blob of its sha256.</summary>
internal sealed record StoredFile
{
    public required string Id { get; init; }

    /// <summary>Its name, to be shown only.</summary>
    public required string Filename { get; init; }

    public required long Bytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required string Purpose { get; init; }

    /// <summary>When it expires, or was deleted; null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The blob with its bytes; null once the file was deleted.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The blob of a deleted file, if it is still to be collected.</summary>
    public string? DeletedBlob { get; init; }
}
