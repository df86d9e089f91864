using System.Security.Cryptography;
using System.Text;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>A model's tensors as a run begins with them, in the store.</summary>
/// <param name="Parts">By part.</param>
/// <param name="OtherTensors">Those of a multimodal model that do not train; null for none.</param>
/// <param name="Fingerprint">SHA-256 over the hashes of the blobs of weights.</param>
/// <param name="AdapterFingerprint">The same over those of adapters; null for none.</param>
/// <param name="Outliers">The share of outliers among the weights of each decoder layer; null if they were not counted.</param>
internal sealed record ImportedModel(
    IReadOnlyDictionary<string, PartState> Parts, BlobRef? OtherTensors, string Fingerprint, string? AdapterFingerprint,
    IReadOnlyList<double>? Outliers)
{
    /// <summary>
    /// Rounds a folder's weights to the stored dtype and stores them, part by part; tensors that do not train are stored as they
    /// are.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="model">The folder.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="adapter">The adapter that it begins with; null where adapters, if it has any, are new.</param>
    /// <param name="write">Whether anything is written; else it is only computed, to be compared.</param>
    /// <param name="countOutliers">Whether outliers are counted.</param>
    /// <param name="progress">Receives progress; null for none.</param>
    /// <param name="cancellationToken">Gives up between two parts.</param>
    public static async Task<ImportedModel> StoreAsync(
        IBlobStore store, ModelFolder model, TrainingSpec spec, PeftFolder? adapter, bool write, bool countOutliers,
        IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        var outliers = new List<double>();
        var dtypes = RunDtypes.Of(spec);
        var lora = Methods.Adapters(spec);
        var parts = new Dictionary<string, PartState>();
        var (hashes, adapterHashes) = (new StringBuilder(), new StringBuilder());
        var names = PartName.All(model.Config.NumHiddenLayers);
        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Report();
            var tensors = PartStorage.Specs(model.Config, name).Select(s => new NamedTensor(s.Name, model.Read(s.Name, dtypes.Storage))).ToArray();
            try
            {
                if (countOutliers && PartName.LayerIndex(name) is not null) outliers.Add(LayerOutliers.Share(tensors.Select(t => t.Value)));
                parts[name] = new PartState
                {
                    Weights = await PutAsync(PartStorage.ToBlob(tensors, null)),
                    Adapter = await PutAdaptersAsync(name, tensors),
                };
            }
            finally
            {
                foreach (var tensor in tensors) tensor.Value.Dispose();
            }
        }

        // Straight from the mapped files.
        var others = model.OtherTensors.Count > 0 ? await PutAsync(SafetensorsWriter.Create(model.OtherTensors, null, cancellationToken)) : null;
        Report();
        return new ImportedModel(
            parts, others, Fingerprint(hashes), adapterHashes.Length > 0 ? Fingerprint(adapterHashes) : null, countOutliers ? outliers : null);

        static string Fingerprint(StringBuilder text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())));

        void Report() => progress?.Report(new ImportProgress(write ? "storing model" : "comparing model", parts.Count, names.Count));

        async Task<BlobRef?> PutAdaptersAsync(string part, NamedTensor[] weights)
        {
            if (PartName.LayerIndex(part) is not { } layer || lora?.Targets(model.Config, layer) is not [_, ..] targets) return null;
            var adapters = adapter is null ? AdapterStart.Create(targets, spec.Seed, weights) : adapter.Read(layer);
            try
            {
                var blob = PartStorage.ToBlob(adapters, null);
                if (write) await store.PutAsync(blob, cancellationToken);
                adapterHashes.Append(blob.Sha256);
                return new BlobRef(blob.Sha256, blob.Length);
            }
            finally
            {
                foreach (var adapter in adapters) adapter.Value.Dispose();
            }
        }

        async Task<BlobRef> PutAsync(SafetensorsBlob blob)
        {
            if (write) await store.PutAsync(blob, cancellationToken);
            hashes.Append(blob.Sha256);
            return new BlobRef(blob.Sha256, blob.Length);
        }
    }
}
