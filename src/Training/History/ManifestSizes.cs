using System.Globalization;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// The blobs that manifests name, with their lengths. A manifest never changes, so what was read of one is kept: a look at a run's
/// history after each save reads one manifest, not thousands.
/// </summary>
internal static class ManifestSizes
{
    // 24 bytes each.
    private const int MostKept = 1_000_000;
    private const int ReadsAtOnce = 16;

    private static readonly Lock s_lock = new();
    private static readonly Dictionary<string, ManifestSize> s_known = [];
    private static int s_kept;

    /// <summary>Those of some manifests, in their order.</summary>
    /// <param name="manifests">The run's manifests.</param>
    /// <param name="blobs">Some of them.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IReadOnlyList<ManifestSize>> ReadAsync(
        RunManifests manifests, IReadOnlyList<BlobRef> blobs, CancellationToken cancellationToken)
    {
        var sizes = new ManifestSize[blobs.Count];
        var options = new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForAsync(
            0, blobs.Count, options,
            async (i, token) => sizes[i] = Find(blobs[i]) ?? Keep(blobs[i], Measure(await manifests.ReadAsync(blobs[i], token), blobs[i])));
        return sizes;
    }

    private static ManifestSize Measure(Manifest manifest, BlobRef own) =>
        new(manifest.Step, [.. manifest.References().Append(own).Distinct().Select(b => (Key(b.Sha256), b.Length))]);

    // Half of a hash tells blobs apart as well.
    private static UInt128 Key(string sha256) => UInt128.Parse(sha256.AsSpan(0, 32), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static ManifestSize? Find(BlobRef blob)
    {
        lock (s_lock) return s_known.GetValueOrDefault(blob.Sha256);
    }

    private static ManifestSize Keep(BlobRef blob, ManifestSize size)
    {
        lock (s_lock)
        {
            if (s_kept + size.Blobs.Count > MostKept)
            {
                s_known.Clear();
                s_kept = 0;
            }

            if (s_known.TryAdd(blob.Sha256, size)) s_kept += size.Blobs.Count;
            return size;
        }
    }
}
