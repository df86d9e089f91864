namespace LisaOrleans.Checkpoints;

/// <summary>A blob as a store lists it.</summary>
/// <param name="Sha256">Its name.</param>
/// <param name="Length">Bytes.</param>
/// <param name="LastModified">When it was written, or last made new.</param>
/// <param name="Version">Different each time it is written or made new.</param>
public sealed record StoredBlob(string Sha256, long Length, DateTimeOffset LastModified, string Version);
