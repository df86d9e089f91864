using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
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
    public static PartSnapshot Start(
        IBlobStore store, IReadOnlyList<NamedTensor> copy, IReadOnlyDictionary<string, string>? metadata, bool optimizer, long version,
        CancellationToken cancellationToken) =>
        new(optimizer, version, Task.Run(
            async () =>
            {
                try
                {
                    var blob = PartStorage.ToBlob(copy, metadata);
                    await store.PutAsync(blob, cancellationToken);
                    return new BlobRef(blob.Sha256, blob.Length);
                }
                finally
                {
                    foreach (var tensor in copy) tensor.Value.Dispose();
                }
            },
            CancellationToken.None));
}
