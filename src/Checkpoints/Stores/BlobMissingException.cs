namespace LisaOrleans.Checkpoints;

/// <summary>A blob that something refers to is not in the store.</summary>
public sealed class BlobMissingException(string sha256, string location)
    : IOException($"{location}: blob {sha256} is missing");
