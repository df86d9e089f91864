namespace LisaOrleans.Api;

/// <summary>OpenAI's file object.</summary>
public sealed record FileObject
{
    /// <value><c>file-…</c>.</value>
    public required string Id { get; init; }

    /// <value>Always <c>file</c>.</value>
    public string Object => "file";

    /// <value>Size.</value>
    public required long Bytes { get; init; }

    /// <value>Unix time in seconds.</value>
    public required long CreatedAt { get; init; }

    /// <value>As it was uploaded.</value>
    public required string Filename { get; init; }

    /// <value>What the file is for.</value>
    public required string Purpose { get; init; }

    /// <value>Always <c>processed</c>: files are checked while they are uploaded.</value>
    public string Status => "processed";

    /// <value>Unix time in seconds; null for a file that stays until it is deleted.</value>
    public long? ExpiresAt { get; init; }

    internal static FileObject From(StoredFile file) => new()
    {
        Id = file.Id,
        Bytes = file.Bytes,
        CreatedAt = file.CreatedAt.ToUnixTimeSeconds(),
        Filename = file.Filename,
        Purpose = file.Purpose,
        ExpiresAt = file.ExpiresAt?.ToUnixTimeSeconds(),
    };
}
