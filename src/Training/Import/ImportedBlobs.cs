using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// The blobs of an import, until a head names them. The import may take hours, and a run of the same model that trains meanwhile deletes what
/// it has replaced itself: for nothing tells that somebody else has made the same again.
/// </summary>
internal static class ImportedBlobs
{
    private const int MostRounds = 10;

    /// <summary>Makes the manifest, with everything that it names in the store.</summary>
    /// <param name="store">The store.</param>
    /// <param name="make">Makes it, and what is made for it alone; called again in each round.</param>
    /// <param name="putAgain">Stores what is gone of what was stored before.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<Manifest> NameAsync(
        IBlobStore store, Func<Task<Manifest>> make, Func<IReadOnlySet<BlobRef>, Task> putAgain, CancellationToken cancellationToken)
    {
        for (var round = 1; ; round++)
        {
            var manifest = await make();
            var missing = await RunStore.FindMissingAsync(store, manifest.References(), cancellationToken);

            // Where the store loses them all the time, the commit says so.
            if (missing.Count == 0 || round == MostRounds) return manifest;
            await putAgain(missing);
        }
    }

    /// <summary>Stores files.</summary>
    public static async Task<Dictionary<string, BlobRef>> PutFilesAsync(
        IBlobStore store, Dictionary<string, byte[]> contents, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, BlobRef>();
        foreach (var (name, content) in contents)
        {
            var blob = new BytesBlob(content);
            await StoreRepair.PutWholeAsync(store, blob, cancellationToken);
            files[name] = new BlobRef(blob.Sha256, blob.Length);
        }

        return files;
    }
}
