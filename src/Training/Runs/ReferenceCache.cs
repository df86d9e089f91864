using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Log probabilities of a data set's samples under the model that runs begin with, as blobs of float64 numbers. The store remembers
/// which belong to which model and data: documents <c>references/KEY.json</c>, whose key is a hash of all that decides them. A blob may
/// hold the first samples only, from which an interrupted run goes on; one that was collected as garbage, or is damaged, is made again.
/// </summary>
public sealed class ReferenceCache(IBlobStore store)
{
    private const string Folder = "references/";

    // A build with other code may round differently.
    private static readonly string s_code = typeof(HeadPart).Module.ModuleVersionId.ToString("N");
    private static readonly JsonSerializerOptions s_json = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>A hash of the model, the data, and what else decides how sums are rounded.</summary>
    /// <param name="manifest">The run's, at step 0.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="data">The tokens.</param>
    /// <param name="kinds">Of what kinds the processors and GPUs are that compute its parts (<see cref="RunKinds"/>).</param>
    public static string Key(Manifest manifest, TrainingSpec spec, BlobRef data, IReadOnlyList<string> kinds)
    {
        var (compute, form) = Numbers(spec);
        var decides = new
        {
            Code = s_code,
            Config = manifest.Files.GetValueOrDefault(ModelFolder.ConfigFile)?.Sha256,
            Parts = manifest.Parts.OrderBy(part => part.Key, StringComparer.Ordinal)
                .Select(part => new[] { part.Key, part.Value.Weights.Sha256, part.Value.Adapter?.Sha256 }),
            Data = data.Sha256,
            spec.Dtype,
            Compute = compute,
            Form = form,
            spec.PerDeviceTrainBatchSize,
            spec.PadTokenId,
            spec.Threads,

            // Adapters that a run begins with have learned something, and their weights alone do not say how much it counts.
            Scaling = Methods.Adapters(spec) is { } lora
                ? new { lora.Alpha, lora.UseRslora, Others = lora.AlphaPattern.OrderBy(a => a.Key, StringComparer.Ordinal) }
                : null,
            Kinds = kinds,
        };
        return Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(decides, s_json)));
    }

    /// <summary>Whether two runs of one model compute with the same numbers, so that one can use what the other has made.</summary>
    public static bool HaveSameNumbers(TrainingSpec one, TrainingSpec other) => Numbers(one) == Numbers(other);

    /// <summary>What is known for a key: the log probabilities of the first samples, maybe of all; empty for nothing.</summary>
    /// <param name="key">See <see cref="Key"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The numbers, their blob, and what is wrong with the blob where that is why nothing is known.</returns>
    public async Task<(double[] LogProbs, BlobRef? Blob, DamagedBlobException? Damage)> FindAsync(string key, CancellationToken cancellationToken)
    {
        if (await store.GetDocumentAsync(Document(key), cancellationToken) is not { } document) return ([], null, null);
        try
        {
            var blob = JsonSerializer.Deserialize<Entry>(document.Content)?.Blob;
            return blob is not null && BlobRef.IsName(blob.Sha256) && await store.RenewAsync(blob, cancellationToken)
                ? (await ReadAsync(blob, cancellationToken), blob, null)
                : ([], null, null);
        }
        catch (Exception e) when (e is JsonException or InvalidDataFileException or DamagedBlobException)
        {
            // It is only a cache.
            return ([], null, e as DamagedBlobException);
        }
    }

    /// <summary>Stores log probabilities of the first samples, and remembers them. A damaged blob of the same numbers is replaced.</summary>
    public async Task<BlobRef> AddAsync(string key, ReadOnlyMemory<double> logProbs, CancellationToken cancellationToken)
    {
        var content = new BytesBlob(MemoryMarshal.AsBytes(logProbs.Span).ToArray());
        var blob = new BlobRef(content.Sha256, content.Length);
        await StoreRepair.PutWholeAsync(store, content, cancellationToken);
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

    // Mapped weights are the exact ones, too.
    private static (string Compute, string Form) Numbers(TrainingSpec spec) =>
        ($"{RunDtypes.Of(spec).Compute}", WeightForms.Of(spec).IsExact ? "whole" : Methods.Of(spec).FrozenWeights(spec));

    private static string Document(string key) => $"{Folder}{key}.json";

    private sealed record Entry(BlobRef Blob);
}
