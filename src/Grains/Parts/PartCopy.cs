using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Grains;

/// <summary>A copy of a part's state, on the CPU.</summary>
/// <param name="Tensors">The training state, its moments, or the weights of a frozen part; owned by whoever has the copy.</param>
/// <param name="StateStep">Updates that the training state has seen; null for weights.</param>
/// <param name="Version">The part's version that was copied.</param>
internal sealed record PartCopy(IReadOnlyList<NamedTensor> Tensors, long? StateStep, long Version)
{
    /// <summary>Hashes and uploads it in the background, and then frees it; the grain's turns go on.</summary>
    public Task<BlobRef> Upload(IBlobStore store, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            try
            {
                var blob = PartStorage.ToBlob(Tensors, StateStep is { } step ? PartStorage.StateMetadata(step) : null);
                await store.PutAsync(blob, cancellationToken);
                return new BlobRef(blob.Sha256, blob.Length);
            }
            finally
            {
                foreach (var tensor in Tensors) tensor.Value.Dispose();
            }
        },
        CancellationToken.None);
}
