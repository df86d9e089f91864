namespace LisaOrleans.Checkpoints;

/// <summary>What a garbage collection did.</summary>
/// <param name="Kept">Blobs kept.</param>
/// <param name="Deleted">Blobs deleted.</param>
/// <param name="DeletedBytes">Their bytes.</param>
public sealed record GarbageReport(int Kept, int Deleted, long DeletedBytes);
