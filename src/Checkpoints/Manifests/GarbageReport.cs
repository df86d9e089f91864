namespace LisaOrleans.Checkpoints;

/// <summary>What a garbage collection did.</summary>
/// <param name="Kept">Blobs kept, of those that are old enough.</param>
/// <param name="Deleted">Blobs deleted.</param>
/// <param name="DeletedBytes">Their bytes.</param>
public sealed record GarbageReport(int Kept, int Deleted, long DeletedBytes)
{
    /// <value>Blobs that nothing names and that are there all the same: too young, or made new meanwhile.</value>
    public IReadOnlyList<StoredBlob> Spared { get; init; } = [];
}
