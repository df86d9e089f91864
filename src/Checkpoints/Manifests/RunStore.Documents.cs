using System.Runtime.CompilerServices;
using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <content>What needs no owner.</content>
public sealed partial class RunStore
{
    /// <summary>Where the documents of runs are.</summary>
    internal const string Prefix = "runs/";

    /// <summary>The head of a run, or null if there is no such run.</summary>
    public static async Task<RunHead?> ReadHeadAsync(IBlobStore store, string run, CancellationToken cancellationToken) =>
        await store.GetDocumentAsync(HeadPath(run), cancellationToken).ConfigureAwait(false) is { } document
            ? Parse(document, run, store)
            : null;

    /// <summary>
    /// Makes a run that begins with a manifest whose blobs are in the store, by one write of its head: the run is there as a whole, or
    /// not at all. Nobody owns it yet.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="manifest">The manifest.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <param name="kept">The list of kept manifests, with this one in it (<see cref="KeptManifests"/>); null for only this one.</param>
    /// <returns>False where there is a run of this name.</returns>
    /// <exception cref="BlobMissingException">A blob that the manifest or a kept one names is not there.</exception>
    public static async Task<bool> TryCreateAsync(
        IBlobStore store, Manifest manifest, CancellationToken cancellationToken, IReadOnlyList<LogSegment>? kept = null)
    {
        if (await store.GetDocumentAsync(HeadPath(manifest.Run), cancellationToken).ConfigureAwait(false) is not null) return false;
        var blob = await PutManifestAsync(store, manifest, cancellationToken).ConfigureAwait(false);
        var named = new HashSet<BlobRef>(manifest.References().Append(blob).Concat(Blobs(kept)));
        foreach (var entry in await KeptManifests.ReadAsync(store, kept, cancellationToken).ConfigureAwait(false))
        {
            named.Add(entry.Manifest);
            named.UnionWith((await ReadManifestAsync(store, entry.Manifest, cancellationToken).ConfigureAwait(false)).References());
        }

        // They are not this caller's: the run that names them may have gone on, and they may have been collected.
        if ((await FindMissingAsync(store, named, cancellationToken).ConfigureAwait(false)).FirstOrDefault() is { } gone)
            throw new BlobMissingException(gone.Sha256, store.Location);
        var head = ToJson(new RunHead(manifest.Run, manifest.Generation, manifest.Step, blob, RunHeadStates.Queued)
        {
            Owner = Guid.NewGuid().ToString("N"),
            Kept = kept,
        });
        try
        {
            await store.PutDocumentAsync(HeadPath(manifest.Run), head, null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ETagMismatchException)
        {
            // The answer to our own write may have been lost.
            var document = await store.GetDocumentAsync(HeadPath(manifest.Run), cancellationToken).ConfigureAwait(false);
            return document?.Content.AsSpan().SequenceEqual(head) == true;
        }
    }

    /// <summary>
    /// Changes which manifests a run keeps, and nothing else of its head. Whoever works on the run would lose it by that, so nobody may.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="head">The head as it was read.</param>
    /// <param name="kept">The list (<see cref="KeptManifests"/>), part of the one before; null for no list.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>False where the head has changed meanwhile.</returns>
    public static async Task<bool> TryChangeKeptAsync(
        IBlobStore store, RunHead head, IReadOnlyList<LogSegment>? kept, CancellationToken cancellationToken)
    {
        var (before, after) = (ToJson(head), ToJson(head with { Kept = kept }));
        await CheckBlobsAsync(store, Blobs(kept), cancellationToken).ConfigureAwait(false);
        if (await store.GetDocumentAsync(HeadPath(head.Run), cancellationToken).ConfigureAwait(false) is not { } document) return false;

        // Written by another build, it may say the same in other bytes.
        if (!ToJson(Parse(document, head.Run, store)).AsSpan().SequenceEqual(before)) return document.Content.AsSpan().SequenceEqual(after);
        try
        {
            await store.PutDocumentAsync(HeadPath(head.Run), after, document.ETag, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (ETagMismatchException)
        {
            return false;
        }
    }

    /// <summary>Reads a manifest.</summary>
    public static async Task<Manifest> ReadManifestAsync(IBlobStore store, BlobRef blob, CancellationToken cancellationToken)
    {
        using var content = await store.ReadAsync(blob, cancellationToken).ConfigureAwait(false);
        return Manifest.FromJson(content.ToArray(), $"manifest {blob.Sha256}");
    }

    /// <summary>Names of all runs in a store.</summary>
    public static async IAsyncEnumerable<string> ListRunsAsync(IBlobStore store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var path in store.ListDocumentsAsync(Prefix, cancellationToken).ConfigureAwait(false))
            if (path.Split('/') is ["runs", var run, "head.json"] && RunName.IsValid(run)) yield return run;
    }

    /// <summary>Forgets a run. Its blobs go with the next garbage collection.</summary>
    public static async Task DeleteAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        await store.DeleteDocumentAsync(HeadPath(run), cancellationToken).ConfigureAwait(false);
        await store.DeleteDocumentAsync(LeaseStorage.Path(run), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<BlobRef> PutManifestAsync(IBlobStore store, Manifest manifest, CancellationToken cancellationToken)
    {
        var blob = new BytesBlob(manifest.ToJson());
        await StoreRepair.PutWholeAsync(store, blob, cancellationToken).ConfigureAwait(false);
        return new BlobRef(blob.Sha256, blob.Length);
    }

    internal static string HeadPath(string run)
    {
        RunName.Validate(run);
        return $"{Prefix}{run}/head.json";
    }

    internal static byte[] ToJson(RunHead head) => JsonSerializer.SerializeToUtf8Bytes(head, ManifestJson.Default.RunHead);

    private static RunHead Parse(StoreDocument document, string run, IBlobStore store)
    {
        var name = $"{store.Location}: {HeadPath(run)}";
        try
        {
            var head = JsonSerializer.Deserialize(document.Content, ManifestJson.Default.RunHead);
            if (head is null || head.Run != run) throw new InvalidDataFileException(name, $"does not describe run '{run}'; {Remedy(run)}");
            if (head.Manifest is { } manifest) StoredFields.CheckBlobs(name, "field 'Manifest'", [manifest]);
            StoredFields.CheckBlobs(name, "field 'Journal'", (head.Journal ?? []).Select(s => s?.Blob));
            StoredFields.CheckBlobs(name, "field 'Kept'", (head.Kept ?? []).Select(s => s?.Blob));
            return head;
        }
        catch (JsonException e)
        {
            throw new InvalidDataFileException(name, $"{JsonFault.Describe(e)}; {Remedy(run)}");
        }
    }

    private static string Remedy(string run) => $"bring it back from a copy of the store, or start run '{run}' over with --overwrite";
}
