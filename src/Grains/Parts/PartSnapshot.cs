using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains;

/// <summary>A part's state on its way to the store. Owns the copy until it is there.</summary>
internal sealed class PartSnapshot
{
    private readonly CancellationTokenSource? _unwanted;

    private PartSnapshot(long version, Task<PartBlobs> upload, CancellationTokenSource? unwanted = null) =>
        (Version, Upload, _unwanted) = (version, upload, unwanted);

    /// <summary>The part's version that was copied.</summary>
    public long Version { get; }

    /// <summary>Ends when the blob is in the store and the copy is freed.</summary>
    public Task<PartBlobs> Upload { get; }

    /// <summary>Cancels the upload, whose outcome nobody will ask for.</summary>
    public void GiveUp()
    {
        if (!Upload.IsCompleted) _unwanted?.Cancel();
    }

    /// <summary>One that was stored before.</summary>
    public static PartSnapshot Of(long version, PartBlobs stored) => new(version, Task.FromResult(stored));

    /// <summary>Hashes and uploads in the background; the grain's turns go on.</summary>
    /// <param name="store">The store.</param>
    /// <param name="copy">The copy.</param>
    /// <param name="before">What is stored of the part so far.</param>
    /// <param name="parked">The moments of a part that sleeps, which are on their way, too; null for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static PartSnapshot Start(
        IBlobStore store, PartCopy copy, PartBlobs before, ParkedMoments? parked, CancellationToken cancellationToken)
    {
        var unwanted = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        return new(copy.Version, Store(), unwanted);

        async Task<PartBlobs> Store()
        {
            using (unwanted)
            {
                var stored = await copy.Upload(store, unwanted.Token);
                var blobs = copy.IsOfTraining ? before with { Optimizer = stored }
                    : before.Adapter is not null ? before with { Optimizer = null, Adapter = stored }
                    : new PartBlobs(stored, null, null);
                return blobs with { Parked = parked is null ? null : await parked.Blob.WaitAsync(unwanted.Token) };
            }
        }
    }
}
