namespace LisaOrleans.Checkpoints;

/// <summary>A small file that changes, and the version that was read.</summary>
/// <param name="Content">Its bytes.</param>
/// <param name="ETag">Its version.</param>
public sealed record StoreDocument(byte[] Content, string ETag);
