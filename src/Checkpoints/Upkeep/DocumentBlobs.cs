using System.Runtime.CompilerServices;
using System.Text.Json;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// The blobs that a store's documents name, other than those of runs: the fields <c>sha256</c> of any document, whoever wrote it, and what
/// the manifests name that are the fields <c>manifest</c>.
/// </summary>
internal static class DocumentBlobs
{
    // Heads and leases, whose blobs are read with the runs; and marks of uploads, which keep nothing alive.
    private static readonly string[] s_otherDocuments = [RunStore.Prefix, Uploads.Prefix];

    private const int ReadsAtOnce = 8;

    private const string Remedy = "bring it back from a copy, or delete it: what it names may then go";

    /// <summary>
    /// Each document with the blobs that it names, and which of them are manifests; what they are cannot be known of one that cannot be
    /// read.
    /// </summary>
    public static async IAsyncEnumerable<(string Path, IReadOnlyList<string> Names, IReadOnlyList<BlobRef> Manifests,
        InvalidDataFileException? Fault)> ReadAsync(IBlobStore store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var paths = store.ListDocumentsAsync("", cancellationToken).Where(IsDocument);
        await foreach (var some in paths.Chunk(ReadsAtOnce).ConfigureAwait(false))
        {
            foreach (var found in await Task.WhenAll(some.Select(path => ReadAsync(store, path, cancellationToken))).ConfigureAwait(false))
                if (found is { } document) yield return document;
        }
    }

    // Null where it is gone by now.
    private static async Task<(string Path, IReadOnlyList<string> Names, IReadOnlyList<BlobRef> Manifests, InvalidDataFileException? Fault)?> ReadAsync(
        IBlobStore store, string path, CancellationToken cancellationToken)
    {
        if (await store.GetDocumentAsync(path, cancellationToken).ConfigureAwait(false) is not { } document) return null;
        List<string> names = [];
        IReadOnlyList<BlobRef> manifests = [];
        InvalidDataFileException? fault = null;
        try
        {
            using var json = JsonDocument.Parse(document.Content);
            names.AddRange(Named(json.RootElement).Where(BlobRef.IsName));
            manifests = [.. ManifestsIn(json.RootElement)];
            foreach (var manifest in manifests)
                names.AddRange(await ManifestReferences.ReadAsync(store, manifest, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is JsonException or InvalidDataFileException or DamagedBlobException)
        {
            fault = new InvalidDataFileException($"{store.Location}: {path}", e is JsonException ? $"{JsonFault.Describe(e)}; {Remedy}" : e.Message);
        }

        return (path, names, manifests, fault);
    }

    // Documents are FOLDER/NAME.json; people may keep other files in a store's folder.
    private static bool IsDocument(string path) => path.Contains('/') && path.EndsWith(".json", StringComparison.Ordinal)
        && !s_otherDocuments.Any(prefix => path.StartsWith(prefix, StringComparison.Ordinal));

    private static IEnumerable<string> Named(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Named),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p =>
            p.NameEquals("sha256") && p.Value.ValueKind == JsonValueKind.String ? [p.Value.GetString()!] : Named(p.Value)),
        _ => [],
    };

    private static IEnumerable<BlobRef> ManifestsIn(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Array => element.EnumerateArray().SelectMany(ManifestsIn),
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => p.NameEquals("manifest") ? Blob(p.Value) : ManifestsIn(p.Value)),
        _ => [],
    };

    private static IEnumerable<BlobRef> Blob(JsonElement element) =>
        element.ValueKind == JsonValueKind.Object
        && element.TryGetProperty("sha256", out var name) && name.ValueKind == JsonValueKind.String && BlobRef.IsName(name.GetString())
        && element.TryGetProperty("length", out var length) && length.ValueKind == JsonValueKind.Number && length.TryGetInt64(out var bytes)
            ? [new BlobRef(name.GetString()!, bytes)]
            : [];
}
