using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <summary>A run's lease in the store, and whether its holder lives.</summary>
internal static class LeaseStorage
{
    private const string File = "lease.json";

    public static string Path(string run)
    {
        RunName.Validate(run);
        return $"{RunStore.Prefix}{run}/{File}";
    }

    /// <summary>The run whose lease a document is; null for any other document.</summary>
    public static string? RunOf(string path) => path.Split('/') is [_, var run, File] && RunName.IsValid(run) ? run : null;

    /// <summary>The lease and the tag of its document; both null if there is none.</summary>
    /// <exception cref="InvalidDataFileException">It is damaged.</exception>
    public static async Task<(LeaseDocument? Document, string? ETag)> ReadAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        var (document, etag, damage) = await TryReadAsync(store, run, cancellationToken).ConfigureAwait(false);
        return damage is null
            ? (document, etag)
            : throw new InvalidDataFileException(
                $"{store.Location}: {Path(run)}", $"{damage}; where nobody trains run '{run}', --take-over writes it anew");
    }

    /// <summary>
    /// The same for callers that overwrite it: what is wrong with it is returned, not thrown, along with its document's tag.
    /// </summary>
    public static async Task<(LeaseDocument? Document, string? ETag, string? Damage)> TryReadAsync(
        IBlobStore store, string run, CancellationToken cancellationToken)
    {
        if (await store.GetDocumentAsync(Path(run), cancellationToken).ConfigureAwait(false) is not { } stored) return (null, null, null);
        try
        {
            var document = JsonSerializer.Deserialize(stored.Content, ManifestJson.Default.LeaseDocument);
            return document?.Holder is null ? (null, stored.ETag, "must be a JSON object with a Holder") : (document, stored.ETag, null);
        }
        catch (JsonException e)
        {
            return (null, stored.ETag, JsonFault.Describe(e));
        }
    }

    public static Task<string> WriteAsync(IBlobStore store, string run, LeaseDocument document, string? etag, CancellationToken cancellationToken) =>
        store.PutDocumentAsync(Path(run), JsonSerializer.SerializeToUtf8Bytes(document, ManifestJson.Default.LeaseDocument), etag, cancellationToken);

    /// <summary>Throws if somebody other than the one who asks holds it and lives.</summary>
    public static async Task CheckAsync(
        IBlobStore store, string run, RunHolder asks, LeaseDocument found,
        LeaseOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (IsFree(found)) return;
        var alive = found.Holder.IsAlive();
        if (alive == true) throw new RunHeldException(run, found, asks);

        // A cluster outlives its silos.
        if (alive == false && found.Holder.Cluster is null) return;
        var patience = found.Holder.Cluster is null ? options.Patience : options.ClusterPatience;
        var change = await FindChangeAsync(store, run, found, patience, options, time, cancellationToken).ConfigureAwait(false);
        if (change is { Now: { } now } && !IsFree(now)) throw new RunHeldException(run, now, asks);

        bool IsFree(LeaseDocument lease) => lease.Released || asks.IsSame(lease.Holder);
    }

    /// <summary>
    /// Waits until a lease differs from the one that was found; null if it stays the same for as long as patience lasts.
    /// </summary>
    public static async Task<LeaseChange?> FindChangeAsync(
        IBlobStore store, string run, LeaseDocument found, TimeSpan patience, LeaseOptions options, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        while (time.GetElapsedTime(asked) < patience)
        {
            await Task.Delay(options.Look, time, cancellationToken).ConfigureAwait(false);
            var (now, _) = await ReadAsync(store, run, cancellationToken).ConfigureAwait(false);
            if (now != found) return new LeaseChange(now);
        }

        return null;
    }

    /// <summary>What a lease became.</summary>
    /// <param name="Now">The lease; null if it is gone.</param>
    public readonly record struct LeaseChange(LeaseDocument? Now);
}
