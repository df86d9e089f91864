using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains;

/// <summary>The moments of a part that sleeps: in the store, or on their way there.</summary>
/// <param name="upload">Ends when they are there.</param>
internal sealed class ParkedMoments(Task<BlobRef> upload)
{
    // What is read is there beside what it becomes: of one part of the process at a time.
    private static readonly SemaphoreSlim s_reading = new(1);

    private bool _sleptOn;

    /// <summary>Ends when they are in the store.</summary>
    public Task<BlobRef> Blob => upload;

    /// <summary>
    /// Called at the beginning of each period in which the part sleeps. The first time it does not wait for the upload, which costs
    /// no time then; the second time it does, so that no more than two periods' moments are in memory. From then on it keeps the
    /// garbage collector from taking what no manifest names yet.
    /// </summary>
    public async Task SleepOn(IBlobStore store, CancellationToken cancellationToken)
    {
        if (_sleptOn && !await store.RenewAsync(await upload.WaitAsync(cancellationToken), cancellationToken))
            throw new IOException($"the moments of a layer that sleeps, blob {(await upload).Sha256}, are not in the store any more");
        _sleptOn = true;
    }

    /// <summary>Reads them back; the caller owns them, and no others are read before it lets go of them.</summary>
    public async Task<ParkedBlob> Read(IBlobStore store, CancellationToken cancellationToken)
    {
        var blob = await upload.WaitAsync(cancellationToken);
        await s_reading.WaitAsync(cancellationToken);
        try
        {
            var content = SafetensorsReader.FromBlob(await store.ReadAsync(blob, cancellationToken), blob.Sha256);
            return new ParkedBlob(content, blob.Sha256, () => s_reading.Release());
        }
        catch
        {
            s_reading.Release();
            throw;
        }
    }
}
