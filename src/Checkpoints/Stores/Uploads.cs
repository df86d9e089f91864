namespace LisaOrleans.Checkpoints;

/// <summary>
/// Blobs that clients bring into a store for an import, and that perhaps no manifest will ever name. Each is marked by a small
/// document first, so that none is forgotten; they stay for a while, because the same model is often submitted again.
/// </summary>
public static class Uploads
{
    internal const string Prefix = "uploads/";

    /// <summary>Puts a blob into the store, if it is not there.</summary>
    public static async Task PutAsync(IBlobStore store, IBlobSource blob, CancellationToken cancellationToken)
    {
        try
        {
            await store.PutDocumentAsync(Prefix + blob.Sha256, "{}"u8.ToArray(), null, cancellationToken).ConfigureAwait(false);
        }
        catch (ETagMismatchException)
        {
            // Marked before.
        }

        await store.PutAsync(blob, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes uploads that nobody has needed lately, unless a manifest names them.</summary>
    /// <param name="store">The store.</param>
    /// <param name="age">How long uploads stay.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops between two deletions.</param>
    public static async Task CleanAsync(IBlobStore store, TimeSpan age, TimeProvider time, CancellationToken cancellationToken)
    {
        var marked = new HashSet<string>();
        await foreach (var path in store.ListDocumentsAsync(Prefix, cancellationToken).ConfigureAwait(false))
            if (path[Prefix.Length..] is var name && BlobRef.IsName(name)) marked.Add(name);
        var report = await GarbageCollector.CollectAsync(store, marked, age, time, cancellationToken).ConfigureAwait(false);
        if (report.Deleted == 0) return;
        await foreach (var blob in store.ListAsync(cancellationToken).ConfigureAwait(false)) marked.Remove(blob.Sha256);
        foreach (var gone in marked) await store.DeleteDocumentAsync(Prefix + gone, cancellationToken).ConfigureAwait(false);
    }
}
