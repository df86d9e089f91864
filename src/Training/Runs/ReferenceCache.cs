using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Log probabilities of a data set's samples under the model that runs begin with, as blobs of float64 numbers. The store remembers
/// which belong to which model and data: documents <c>references/KEY.json</c>, whose key is a hash of all that decides them. A blob may
/// hold the first samples only, from which an interrupted run goes on; one that was collected as garbage is made again.
/// </summary>
public sealed class ReferenceCache(IBlobStore store)
{
    private const string Folder = "references/";

    // A build with other code may round differently.
    private static readonly string s_code = typeof(HeadPart).Module.ModuleVersionId.ToString("N");

    /// <summary>A hash of the model, the data, and what else decides how sums are rounded.</summary>
    /// <param name="manifest">The run's, at step 0.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="data">The tokens.</param>
    public static string Key(Manifest manifest, TrainingSpec spec, BlobRef data)
    {
        var decides = new
        {
            Code = s_code,
            Config = manifest.Files.GetValueOrDefault(ModelFolder.ConfigFile)?.Sha256,
            Parts = manifest.Parts.OrderBy(part => part.Key, StringComparer.Ordinal)
                .Select(part => new[] { part.Key, part.Value.Weights.Sha256, part.Value.Adapter?.Sha256 }),
            Data = data.Sha256,
            spec.Dtype,
            Form = Methods.Of(spec).FrozenWeights(spec),
            spec.PerDeviceTrainBatchSize,
            spec.PadTokenId,
            spec.Threads,
        };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(decides)));
    }

    /// <summary>What is known for a key: the log probabilities of the first samples, maybe of all; empty for nothing.</summary>
    public async Task<(double[] LogProbs, BlobRef? Blob)> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (await store.GetDocumentAsync(Document(key), cancellationToken) is not { } document) return ([], null);
        try
        {
            var blob = JsonSerializer.Deserialize<Entry>(document.Content)?.Blob;
            return blob is not null && await store.RenewAsync(blob, cancellationToken)
                ? (await ReadAsync(blob, cancellationToken), blob)
                : ([], null);
        }
        catch (JsonException)
        {
            // It is only a cache.
            return ([], null);
        }
    }

    /// <summary>Stores log probabilities of the first samples, and remembers them.</summary>
    public async Task<BlobRef> AddAsync(string key, ReadOnlyMemory<double> logProbs, CancellationToken cancellationToken)
    {
        var content = new BytesBlob(MemoryMarshal.AsBytes(logProbs.Span).ToArray());
        await store.PutAsync(content, cancellationToken);
        var blob = new BlobRef(content.Sha256, content.Length);
        try
        {
            var old = await store.GetDocumentAsync(Document(key), cancellationToken);
            await store.PutDocumentAsync(Document(key), JsonSerializer.SerializeToUtf8Bytes(new Entry(blob)), old?.ETag, cancellationToken);
        }
        catch (ETagMismatchException)
        {
            // Another run has just remembered the same, or a part of it.
        }

        return blob;
    }

    /// <summary>The log probabilities of a blob.</summary>
    /// <exception cref="InvalidDataFileException">It does not hold float64 numbers.</exception>
    public async Task<double[]> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        if (blob.Length % sizeof(double) != 0)
            throw new InvalidDataFileException(blob.Sha256, $"has {blob.Length} bytes; log probabilities are numbers of {sizeof(double)} bytes");
        using var content = await store.ReadAsync(blob, cancellationToken);
        return MemoryMarshal.Cast<byte, double>(content.ToArray()).ToArray();
    }

    private static string Document(string key) => $"{Folder}{key}.json";

    private sealed record Entry(BlobRef Blob);
}
