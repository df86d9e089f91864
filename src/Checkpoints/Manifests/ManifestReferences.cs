using System.Collections.Concurrent;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// What manifests name. A manifest is named by its content, so what one names is remembered: collections run every minute, and a
/// history may have thousands of manifests.
/// </summary>
internal static class ManifestReferences
{
    // About 2 kB each.
    private const int MostRemembered = 16_384;

    private static readonly ConcurrentDictionary<string, byte[][]> s_known = new();

    /// <summary>Hashes of the blobs that a manifest names.</summary>
    /// <param name="store">The store.</param>
    /// <param name="blob">The manifest's blob.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<IEnumerable<string>> ReadAsync(IBlobStore store, BlobRef blob, CancellationToken cancellationToken)
    {
        if (!s_known.TryGetValue(blob.Sha256, out var hashes))
        {
            var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken).ConfigureAwait(false);
            hashes = [.. manifest.References().Select(r => r.Sha256).Distinct().Select(Convert.FromHexString)];
            if (s_known.Count >= MostRemembered) s_known.Clear();
            s_known[blob.Sha256] = hashes;
        }

        return hashes.Select(Convert.ToHexStringLower);
    }
}
