using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains.Tests;

/// <summary>A store that never answers who reads one of its blobs.</summary>
internal sealed class HeldStore(IBlobStore inner, string sha256) : DelegatingBlobStore(inner)
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One that holds a layer of a run's last manifest.</summary>
    public static async Task<HeldStore> OfLayerAsync(TestRun run, int layer) =>
        new(run.Store, (await run.ManifestAsync()).Parts[PartName.Layer(layer)].Weights.Sha256);

    public Task Asked => _asked.Task;

    public override async Task<BlobContent> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        if (blob.Sha256 != sha256) return await base.ReadAsync(blob, cancellationToken);
        _asked.TrySetResult();
        await Task.Delay(Timeout.Infinite, cancellationToken);
        throw new InvalidOperationException("the wait was endless");
    }
}
