namespace LisaOrleans.Checkpoints;

/// <summary>Blobs that nothing in a store names.</summary>
/// <param name="Candidates">How many blobs are old enough, whoever names them.</param>
/// <param name="Old">Those that a collection deletes.</param>
/// <param name="Young">Those that it spares because of their age.</param>
public sealed record Garbage(int Candidates, IReadOnlyList<StoredBlob> Old, IReadOnlyList<StoredBlob> Young);
