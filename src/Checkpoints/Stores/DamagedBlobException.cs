namespace LisaOrleans.Checkpoints;

/// <summary>A blob cannot be read as it was written.</summary>
public abstract class DamagedBlobException : IOException
{
    private protected DamagedBlobException(string sha256, string location, string? what, string message)
        : base(message) => (Sha256, Location, What) = (sha256, location, what);

    /// <summary>The blob.</summary>
    public string Sha256 { get; }

    /// <summary>The store.</summary>
    public string Location { get; }

    /// <summary>What it is to a run; null where that is not known.</summary>
    public string? What { get; }

    private protected static string Named(string sha256, string? what) => what is null ? $"blob {sha256}" : $"{what} (blob {sha256})";
}
