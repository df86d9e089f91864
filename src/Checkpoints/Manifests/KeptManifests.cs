using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// The list of the manifests that a run keeps: blobs of up to <see cref="SegmentSize"/> entries, which the run's head names. So a
/// save among thousands rewrites one of them, and the head stays small.
/// </summary>
public static class KeptManifests
{
    /// <summary>The most entries of a blob.</summary>
    public const int SegmentSize = 128;

    /// <summary>All entries, by step.</summary>
    /// <param name="store">The store.</param>
    /// <param name="segments">What a head names; null for none.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidDataFileException">A blob is no list of manifests.</exception>
    public static async Task<IReadOnlyList<KeptManifest>> ReadAsync(
        IBlobStore store, IReadOnlyList<LogSegment>? segments, CancellationToken cancellationToken)
    {
        var kept = new List<KeptManifest>();
        foreach (var segment in segments ?? []) kept.AddRange(await ReadAsync(store, segment.Blob, cancellationToken).ConfigureAwait(false));
        return kept;
    }

    /// <summary>Writes what changed in the list.</summary>
    /// <param name="store">The store.</param>
    /// <param name="segments">The blobs of the list before.</param>
    /// <param name="before">Its entries.</param>
    /// <param name="now">The entries to be, by step.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What the head is to name; null for an empty list.</returns>
    public static async Task<IReadOnlyList<LogSegment>?> WriteAsync(
        IBlobStore store, IReadOnlyList<LogSegment>? segments, IReadOnlyList<KeptManifest> before, IReadOnlyList<KeptManifest> now,
        CancellationToken cancellationToken)
    {
        var written = new List<LogSegment>();
        var open = new List<KeptManifest>();
        var (old, next) = (0, 0);
        foreach (var segment in segments ?? [])
        {
            var (was, become) = (Take(before, ref old, segment.LastStep), Take(now, ref next, segment.LastStep));

            // The last one takes up what follows it, as long as there is room.
            var grows = segment == segments![^1] && next < now.Count && become.Length < SegmentSize;
            if (was.SequenceEqual(become) && !grows && (open.Count == 0 || open.Count + become.Length > SegmentSize))
            {
                await FlushAsync().ConfigureAwait(false);
                written.Add(segment);
            }
            else
            {
                await AddAsync(become).ConfigureAwait(false);
            }
        }

        await AddAsync(Take(now, ref next, long.MaxValue)).ConfigureAwait(false);
        await FlushAsync().ConfigureAwait(false);
        return written.Count == 0 ? null : written;

        async Task AddAsync(IEnumerable<KeptManifest> entries)
        {
            foreach (var entry in entries)
            {
                open.Add(entry);
                if (open.Count == SegmentSize) await FlushAsync().ConfigureAwait(false);
            }
        }

        async Task FlushAsync()
        {
            if (open.Count == 0) return;
            var blob = new BytesBlob(
                JsonSerializer.SerializeToUtf8Bytes(new KeptSegment(KeptSegment.Current, open), ManifestJson.Default.KeptSegment));
            await store.PutAsync(blob, cancellationToken).ConfigureAwait(false);
            written.Add(new LogSegment(new BlobRef(blob.Sha256, blob.Length), open[0].Step, open[^1].Step));
            open = [];
        }
    }

    private static async Task<IReadOnlyList<KeptManifest>> ReadAsync(IBlobStore store, BlobRef blob, CancellationToken cancellationToken)
    {
        var name = $"list of manifests {blob.Sha256}";
        using var content = await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
        try
        {
            var segment = JsonSerializer.Deserialize(content.ToArray(), ManifestJson.Default.KeptSegment)
                ?? throw new InvalidDataFileException(name, "must be a JSON object");
            if (segment.FormatVersion != KeptSegment.Current)
                throw new InvalidDataFileException(
                    name, $"field 'FormatVersion' is {segment.FormatVersion}; this program reads {KeptSegment.Current}");
            StoredFields.CheckBlobs(name, "field 'Manifests'", segment.Manifests.Select(m => m?.Manifest));
            return segment.Manifests;
        }
        catch (JsonException e)
        {
            throw new InvalidDataFileException(name, JsonFault.Describe(e));
        }
    }

    private static KeptManifest[] Take(IReadOnlyList<KeptManifest> entries, ref int next, long lastStep)
    {
        var taken = new List<KeptManifest>();
        while (next < entries.Count && entries[next].Step <= lastStep) taken.Add(entries[next++]);
        return [.. taken];
    }
}
