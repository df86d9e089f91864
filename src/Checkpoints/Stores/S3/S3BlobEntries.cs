namespace LisaOrleans.Checkpoints;

/// <summary>
/// What a bucket has of one blob. S3 neither deletes under a condition nor changes an object's age, so a blob is several objects
/// under its name: copies of its bytes, each under a name that is never used again; marks of those who need a copy, which make
/// it new; and marks of a collector that is about to delete a copy. Who sets a mark lists afterwards what is there. So of a
/// collector and a writer that meet, at least one sees the other, and gives way.
/// </summary>
/// <param name="entries">All objects under the blob's name.</param>
internal sealed class S3BlobEntries(IReadOnlyList<S3Entry> entries)
{
    /// <summary>What the keys of all blobs begin with.</summary>
    public const string Prefix = "blobs/";

    private const string Renewal = ".renewed-";
    private const string Condemnation = ".condemned-";

    /// <summary>Objects that hold the blob's bytes, or what was cut off of them.</summary>
    public IEnumerable<S3Entry> Copies => entries.Where(e => CopyOf(e.Key) == e.Key).OrderBy(e => e.Key, StringComparer.Ordinal);

    /// <summary>Marks of either kind.</summary>
    public IEnumerable<S3Entry> Marks => entries.Where(e => CopyOf(e.Key) != e.Key);

    /// <summary>Different whenever a copy or a renewal comes or goes.</summary>
    public string Version =>
        string.Join(' ', Copies.Concat(Renewals).Select(e => e.Key[(e.Key.LastIndexOf('/') + 1)..]).Order(StringComparer.Ordinal));

    /// <summary>When the blob was written, or last made new.</summary>
    public DateTimeOffset LastModified => Copies.Concat(Renewals).Max(e => e.LastModified);

    private IEnumerable<S3Entry> Renewals => entries.Where(e => e.Key.Contains(Renewal, StringComparison.Ordinal));

    /// <summary>Where all objects of a blob are.</summary>
    /// <exception cref="ArgumentException">It is no blob's name.</exception>
    public static string Folder(string sha256) => BlobRef.IsName(sha256)
        ? $"{Prefix}{sha256[..2]}/{sha256}/"
        : throw new ArgumentException($"'{sha256}' is not a blob name", nameof(sha256));

    /// <summary>The blob that a key belongs to; null if to none.</summary>
    public static string? Blob(string key) =>
        key.Split('/') is ["blobs", _, var name, _] && BlobRef.IsName(name) && key.StartsWith(Folder(name), StringComparison.Ordinal) ? name : null;

    /// <summary>A key for a copy, which nobody has used.</summary>
    public static string NewCopy(string sha256) => $"{Folder(sha256)}{Guid.NewGuid():N}";

    /// <summary>A key for a mark that makes a copy new.</summary>
    public static string NewRenewal(string copy) => $"{copy}{Renewal}{Guid.NewGuid():N}";

    /// <summary>A key for a mark that a copy is about to be deleted.</summary>
    public static string NewCondemnation(string copy) => $"{copy}{Condemnation}{Guid.NewGuid():N}";

    /// <summary>The copy that a mark belongs to; a copy itself.</summary>
    public static string CopyOf(string key)
    {
        var dot = key.IndexOf('.', key.LastIndexOf('/') + 1);
        return dot < 0 ? key : key[..dot];
    }

    /// <summary>A copy in the blob's full length; null if there is none. One that nobody is about to delete, if possible.</summary>
    public S3Entry? Whole(long length) => Copies.Where(c => c.Length == length).OrderBy(c => IsCondemned(c.Key)).FirstOrDefault();

    /// <summary>Whether a copy is there and nobody is about to delete it.</summary>
    public bool IsSafe(string copy) => entries.Any(e => e.Key == copy) && !IsCondemned(copy);

    /// <summary>Whether somebody was about to delete a copy when this was listed.</summary>
    public bool IsCondemned(string copy) => entries.Any(e => e.Key.StartsWith(copy + Condemnation, StringComparison.Ordinal));

    /// <summary>Whether somebody was about to delete a copy, and another in its length is safe.</summary>
    public bool IsReplaced(S3Entry copy) => IsCondemned(copy.Key) && Copies.Any(c => c.Length == copy.Length && IsSafe(c.Key));

    /// <summary>The keys of the marks that make a copy new.</summary>
    public IEnumerable<string> RenewalsOf(string copy) => Renewals.Select(r => r.Key).Where(r => CopyOf(r) == copy);

    /// <summary>Whether a mark's copy is gone.</summary>
    public bool IsOrphan(S3Entry mark) => Copies.All(c => c.Key != CopyOf(mark.Key));
}
