using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <summary>A store's own document, <c>store.json</c>: the version of its format, and an id that tells one store from another.</summary>
/// <param name="FormatVersion">The version. Programs that do not know it leave the store alone.</param>
/// <param name="Id">Chosen when the store got its first run.</param>
public sealed record StoreFormat(int FormatVersion, string Id)
{
    /// <summary>The version that this program reads and writes.</summary>
    public const int Current = 1;

    internal const string DocumentName = "store.json";
    private const string Remedy = "bring it back from a copy, or delete it when no silo uses the store: the next run that begins writes it anew";

    /// <summary>Reads it; null in a store that has none yet.</summary>
    /// <exception cref="StoreLocationException">The store is of another version.</exception>
    public static async Task<StoreFormat?> ReadAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        if (await store.GetDocumentAsync(DocumentName, cancellationToken).ConfigureAwait(false) is not { } document) return null;
        try
        {
            var format = JsonSerializer.Deserialize(document.Content, ManifestJson.Default.StoreFormat)
                ?? throw new StoreLocationException($"{store.Location}: {DocumentName}: must be a JSON object; {Remedy}");
            return format.FormatVersion == Current
                ? format
                : throw new StoreLocationException(
                    $"{store.Location} is a store of format {format.FormatVersion}; this program reads format {Current}");
        }
        catch (JsonException e)
        {
            throw new StoreLocationException($"{store.Location}: {DocumentName}: {JsonFault.Describe(e)}; {Remedy}");
        }
    }

    /// <summary>Whether a store has it, whatever it says.</summary>
    internal static async Task<bool> ExistsAsync(IBlobStore store, CancellationToken cancellationToken) =>
        await store.GetDocumentAsync(DocumentName, cancellationToken).ConfigureAwait(false) is not null;

    /// <summary>Reads it; creates it if there is none.</summary>
    /// <exception cref="StoreLocationException">The store is of another version.</exception>
    public static async Task<StoreFormat> EnsureAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await ReadAsync(store, cancellationToken).ConfigureAwait(false) is { } found) return found;
            try
            {
                var made = new StoreFormat(Current, Guid.NewGuid().ToString("N"));
                await store.PutDocumentAsync(
                    DocumentName, JsonSerializer.SerializeToUtf8Bytes(made, ManifestJson.Default.StoreFormat), null, cancellationToken)
                        .ConfigureAwait(false);
                return made;
            }
            catch (ETagMismatchException)
            {
                // Somebody else was quicker: theirs counts.
            }
        }
    }
}
