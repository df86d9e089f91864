namespace LisaOrleans.Checkpoints;

/// <summary>A run in a store, and every blob that it names.</summary>
/// <param name="Run">Its name.</param>
/// <param name="Head">Its head; null where that is damaged.</param>
/// <param name="Manifest">Its last manifest; null where there is none, or it is damaged.</param>
/// <param name="Blobs">The blobs, each once.</param>
/// <param name="Faults">What of it could not be read, so that what it names is not known.</param>
public sealed record RunContents(
    string Run, RunHead? Head, Manifest? Manifest, IReadOnlyList<UsedBlob> Blobs, IReadOnlyList<StoreFault> Faults)
{
    /// <value>
    /// Those of <see cref="Blobs"/> that name others and are damaged or missing, so that <see cref="Blobs"/> is not all that the run names.
    /// </value>
    public IReadOnlyList<UsedBlob> Unread { get; init; } = [];

    /// <summary>
    /// Reads what a run names; damaged parts of it end up in <see cref="Faults"/>, or <see cref="Unread"/> where they are blobs.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Null where there is no such run.</returns>
    public static async Task<RunContents?> ReadAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        var (blobs, faults, unread) = (new Dictionary<string, UsedBlob>(), new List<StoreFault>(), new List<UsedBlob>());
        RunHead? head = null;
        Manifest? last = null;
        try
        {
            head = await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false);
            if (head is null) return null;
            foreach (var segment in head.Journal ?? []) Add(segment.Blob, $"the journal of run '{run}'");
            if (head.Manifest is { } blob) last = await ReadManifestAsync(blob, head.Step).ConfigureAwait(false);
            foreach (var segment in head.Kept ?? []) await ReadKeptAsync(segment).ConfigureAwait(false);
        }
        catch (InvalidDataFileException e)
        {
            faults.Add(new StoreFault(null, e.Message));
        }

        return new RunContents(run, head, last, [.. blobs.Values], faults) { Unread = unread };

        void Add(BlobRef? blob, string what)
        {
            if (blob is not null) blobs.TryAdd(blob.Sha256, new UsedBlob(blob, what));
        }

        async Task ReadKeptAsync(LogSegment segment)
        {
            Add(segment.Blob, $"the list of manifests of run '{run}'");
            try
            {
                foreach (var kept in await KeptManifests.ReadAsync(store, [segment], cancellationToken).ConfigureAwait(false))
                    await ReadManifestAsync(kept.Manifest, kept.Step).ConfigureAwait(false);
            }
            catch (DamagedBlobException)
            {
                unread.Add(blobs[segment.Blob.Sha256]);
            }
        }

        async Task<Manifest?> ReadManifestAsync(BlobRef blob, long step)
        {
            Add(blob, $"the manifest of step {step} of run '{run}'");
            try
            {
                var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken).ConfigureAwait(false);
                foreach (var (named, what) in RunBlobs.Named(manifest)) Add(named, $"{what} of run '{run}'");

                // Nothing hashes a head: it is held to what it names.
                if (RunBlobs.WrongStep(run, step, manifest) is { } wrong) faults.Add(new StoreFault(null, $"{store.Location}: {wrong}"));
                return manifest;
            }
            catch (DamagedBlobException)
            {
                unread.Add(blobs[blob.Sha256]);
                return null;
            }
            catch (InvalidDataFileException e)
            {
                faults.Add(new StoreFault(blob.Sha256, $"{store.Location}: {e.Message}"));
                return null;
            }
        }
    }
}
