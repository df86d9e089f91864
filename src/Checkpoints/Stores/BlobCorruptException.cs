namespace LisaOrleans.Checkpoints;

/// <summary>A blob's bytes are not those that its name says.</summary>
/// <param name="sha256">The blob.</param>
/// <param name="location">The store.</param>
/// <param name="what">What it is to a run; null where that is not known.</param>
public sealed class BlobCorruptException(string sha256, string location, string? what = null)
    : DamagedBlobException(sha256, location, what, $"{location}: {Named(sha256, what)} is damaged: its bytes have another SHA-256");
