using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>A copy of a part's state on its way to the store. Owns the copy until it is there.</summary>
internal sealed class PartSnapshot
{
    private PartSnapshot(bool optimizer, long version, Task<BlobRef> upload) =>
        (IsOptimizer, Version, Upload) = (optimizer, version, upload);

    /// <summary>Whether it is a training state rather than weights.</summary>
    public bool IsOptimizer { get; }

    /// <summary>The part's version that was copied.</summary>
    public long Version { get; }

    /// <summary>Ends when the blob is in the store and the copy is freed.</summary>
    public Task<BlobRef> Upload { get; }

    /// <summary>Hashes and uploads in the background; the grain's turns go on.</summary>
    public static PartSnapshot Start(IBlobStore store, PartCopy copy, CancellationToken cancellationToken) =>
        new(copy.StateStep is not null, copy.Version, Task.Run(
            async () =>
            {
                try
                {
                    var blob = PartStorage.ToBlob(copy.Tensors, copy.StateStep is { } step ? PartStorage.StateMetadata(step) : null);
                    await store.PutAsync(blob, cancellationToken);
                    return new BlobRef(blob.Sha256, blob.Length);
                }
                finally
                {
                    foreach (var tensor in copy.Tensors) tensor.Value.Dispose();
                }
            },
            CancellationToken.None));
}
