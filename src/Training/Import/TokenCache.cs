using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// Remembers in the store which tokens which files became: documents <c>tokens/KEY.json</c>, whose key is a hash of the files,
/// the tokenizer, the template, the settings and the code. The blobs are the same that runs use; one that was collected as
/// garbage, or is damaged, is made again.
/// </summary>
internal sealed class TokenCache(IBlobStore store)
{
    private const string Folder = "tokens/";

    /// <summary>What is known about a key, if its blob is still there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="verify">Whether a blob that is damaged counts as gone; it is read for that.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<CachedTokens?> FindAsync(string key, bool verify, CancellationToken cancellationToken)
    {
        if (await store.GetDocumentAsync(Document(key), cancellationToken) is not { } document) return null;
        try
        {
            var cached = JsonSerializer.Deserialize<CachedTokens>(document.Content);
            return cached is { Blob: not null, Statistics: not null } && await store.RenewAsync(cached.Blob, cancellationToken)
                && (!verify || await StoreRepair.IsWholeAsync(store, cached.Blob, cancellationToken)) ? cached : null;
        }
        catch (JsonException)
        {
            // It is only a cache.
            return null;
        }
    }

    /// <summary>Remembers a blob that is in the store.</summary>
    public async Task AddAsync(string key, CachedTokens tokens, CancellationToken cancellationToken)
    {
        try
        {
            var old = await store.GetDocumentAsync(Document(key), cancellationToken);
            await store.PutDocumentAsync(Document(key), JsonSerializer.SerializeToUtf8Bytes(tokens), old?.ETag, cancellationToken);
        }
        catch (ETagMismatchException)
        {
            // Another process has just remembered the same.
        }
    }

    private static string Document(string key) => $"{Folder}{key}.json";
}
