namespace LisaOrleans.Checkpoints;

/// <summary>
/// Manifests that documents other than heads name in a field <c>manifest</c>, as jobs do until they have become runs: they and their
/// blobs stay, whatever the run keeps to which they belong.
/// </summary>
public static class HeldManifests
{
    /// <summary>Finds them.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>By the SHA-256 of the manifest, the path of the first document that names it.</returns>
    /// <exception cref="InvalidDataFileException">A document cannot be read, so what it names is not known.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> ReadAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        var held = new Dictionary<string, string>();
        await foreach (var (path, _, manifests, fault) in DocumentBlobs.ReadAsync(store, cancellationToken).ConfigureAwait(false))
        {
            if (fault is not null) throw fault;
            foreach (var manifest in manifests) held.TryAdd(manifest.Sha256, path);
        }

        return held;
    }
}
