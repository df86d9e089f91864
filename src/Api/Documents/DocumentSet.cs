using System.Collections.Concurrent;
using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Api;

/// <summary>Documents of one kind in a folder of the store. Any silo may change them, by compare-and-swap.</summary>
/// <param name="store">The store.</param>
/// <param name="folder">Their folder, a single name.</param>
internal sealed class DocumentSet<T>(IBlobStore store, string folder)
    where T : class
{
    private const string Extension = ".json";
    private const int ReadsAtOnce = 16;

    /// <summary>A document and its version, or null.</summary>
    public async Task<(T Value, string ETag)?> FindAsync(string id, CancellationToken cancellationToken) =>
        await store.GetDocumentAsync(PathOf(id), cancellationToken) is { } document ? (Parse(document, id), document.ETag) : null;

    /// <summary>Writes a new document; false if there is one that says something else.</summary>
    public Task<bool> TryCreateAsync(string id, T value, CancellationToken cancellationToken) => TryPutAsync(id, value, null, cancellationToken);

    /// <summary>Writes a document if it still has the version; false if not.</summary>
    public Task<bool> TryReplaceAsync(string id, T value, string etag, CancellationToken cancellationToken) =>
        TryPutAsync(id, value, etag, cancellationToken);

    /// <summary>Changes a document, and tries again if somebody else was quicker.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="change">The new value, or null to leave it as it is. May be called more than once.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What the document says now; null where there is none.</returns>
    public async Task<T?> UpdateAsync(string id, Func<T, T?> change, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (await FindAsync(id, cancellationToken) is not { } found) return null;
            if (change(found.Value) is not { } changed) return found.Value;
            if (await TryReplaceAsync(id, changed, found.ETag, cancellationToken)) return changed;
        }
    }

    /// <summary>All documents, in no order.</summary>
    /// <param name="damaged">Told of each that cannot be read, which is left out: one must not hide the others.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlyList<T>> ListAsync(Action<InvalidDataFileException> damaged, CancellationToken cancellationToken)
    {
        var found = new ConcurrentBag<T>();
        var options = new ParallelOptions { MaxDegreeOfParallelism = ReadsAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(IdsAsync(cancellationToken), options, async (id, token) =>
        {
            try
            {
                if (await FindAsync(id, token) is { } document) found.Add(document.Value);
            }
            catch (InvalidDataFileException e)
            {
                damaged(e);
            }
        });
        return [.. found];
    }

    /// <summary>The ids of all documents, in no order.</summary>
    public IAsyncEnumerable<string> IdsAsync(CancellationToken cancellationToken) => store.ListDocumentsAsync(folder + "/", cancellationToken)
        .Where(path => path.EndsWith(Extension, StringComparison.Ordinal)).Select(path => path[(folder.Length + 1)..^Extension.Length]);

    /// <summary>Deletes a document; does nothing if it is not there.</summary>
    public Task DeleteAsync(string id, CancellationToken cancellationToken) => store.DeleteDocumentAsync(PathOf(id), cancellationToken);

    private async Task<bool> TryPutAsync(string id, T value, string? etag, CancellationToken cancellationToken)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(value, ApiJson.Options);
        try
        {
            await store.PutDocumentAsync(PathOf(id), content, etag, cancellationToken);
            return true;
        }
        catch (ETagMismatchException)
        {
            // If the answer to our own write was lost and the write repeated, the document is already what we want.
            var there = await store.GetDocumentAsync(PathOf(id), cancellationToken);
            return there is not null && there.Content.AsSpan().SequenceEqual(content);
        }
    }

    private string PathOf(string id) => $"{folder}/{id}{Extension}";

    private T Parse(StoreDocument document, string id)
    {
        var name = $"{store.Location}: {PathOf(id)}";
        try
        {
            return JsonSerializer.Deserialize<T>(document.Content, ApiJson.Options) ?? throw new InvalidDataFileException(name, "is empty");
        }
        catch (JsonException e)
        {
            throw new InvalidDataFileException(name, JsonFault.Describe(e));
        }
    }
}
