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
    /// <param name="verify">Whether what is there already is read, and made anew where it is damaged.</param>
    /// <param name="countOutliers">Whether outliers are counted.</param>
    /// <param name="progress">Receives progress; null for none.</param>
    /// <param name="cancellationToken">Gives up between two parts.</param>
    public static async Task<ImportedModel> StoreAsync(
        IBlobStore store, ModelFolder model, TrainingSpec spec, PeftFolder? adapter, bool write, bool verify, bool countOutliers,
        IProgress<ImportProgress>? progress, CancellationToken cancellationToken)
    {
        var source = new Source(model, spec, adapter);
        var outliers = new List<double>();
        var parts = new Dictionary<string, PartState>();
        var (hashes, adapterHashes) = (new StringBuilder(), new StringBuilder());
        var names = PartName.All(model.Config.NumHiddenLayers);
        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Report();
            parts[name] = await source.UsePartAsync(name, async (weights, adapters) =>
            {
                if (countOutliers && PartName.LayerIndex(name) is not null) outliers.Add(LayerOutliers.Share(weights.Select(t => t.Value)));
                return new PartState
                {
                    Weights = await PutAsync(PartStorage.ToBlob(weights, null), hashes),
                    Adapter = adapters is null ? null : await PutAsync(PartStorage.ToBlob(adapters, null), adapterHashes),
                };
            });
        }

        // Straight from the mapped files.
        var others = model.OtherTensors.Count > 0 ? await PutAsync(Others(model, cancellationToken), hashes) : null;
        Report();
        return new ImportedModel(
            parts, others, Fingerprint(hashes), adapterHashes.Length > 0 ? Fingerprint(adapterHashes) : null, countOutliers ? outliers : null);

        static string Fingerprint(StringBuilder text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())));

        void Report() => progress?.Report(new ImportProgress(write ? "storing model" : "comparing model", parts.Count, names.Count));

        async Task<BlobRef> PutAsync(SafetensorsBlob blob, StringBuilder hashes)
        {
            // Of a large model in the cloud, what is there already is read again only where somebody asks for it to be whole.
            if (write && verify) await StoreRepair.PutWholeAsync(store, blob, cancellationToken);
            else if (write) await store.PutAsync(blob, cancellationToken);
            hashes.Append(blob.Sha256);
            return new BlobRef(blob.Sha256, blob.Length);
        }
    }

    /// <summary>Stores again what is not there any more.</summary>
    /// <param name="store">The store.</param>
    /// <param name="model">The folder that it was read from.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="adapter">The adapter that the run begins with; null where adapters, if it has any, are new.</param>
    /// <param name="missing">The blobs that are gone, of this model or not.</param>
    /// <param name="cancellationToken">Gives up between two parts.</param>
    public async Task PutAgainAsync(
        IBlobStore store, ModelFolder model, TrainingSpec spec, PeftFolder? adapter, IReadOnlySet<BlobRef> missing,
        CancellationToken cancellationToken)
    {
        var source = new Source(model, spec, adapter);
        foreach (var (name, part) in Parts)
        {
            if (!IsMissing(part.Weights) && !IsMissing(part.Adapter)) continue;
            cancellationToken.ThrowIfCancellationRequested();
            await source.UsePartAsync(name, async (weights, adapters) =>
            {
                if (IsMissing(part.Weights)) await store.PutAsync(PartStorage.ToBlob(weights, null), cancellationToken);
                return IsMissing(part.Adapter) && await store.PutAsync(PartStorage.ToBlob(adapters!, null), cancellationToken);
            });
        }

        if (IsMissing(OtherTensors)) await store.PutAsync(Others(model, cancellationToken), cancellationToken);

        bool IsMissing(BlobRef? blob) => blob is not null && missing.Contains(blob);
    }

    private static SafetensorsBlob Others(ModelFolder model, CancellationToken cancellationToken) =>
        SafetensorsWriter.Create(model.OtherTensors, null, cancellationToken);

    // What parts are made from.
    private sealed class Source(ModelFolder model, TrainingSpec spec, PeftFolder? adapter)
    {
        // A part's weights, and its adapters if it has any, are in memory until the use has ended.
        public async Task<T> UsePartAsync<T>(string part, Func<NamedTensor[], IReadOnlyList<NamedTensor>?, Task<T>> use)
        {
            var storage = RunDtypes.Of(spec).Storage;
            var weights = PartStorage.Specs(model.Config, part).Select(s => new NamedTensor(s.Name, model.Read(s.Name, storage))).ToArray();
            IReadOnlyList<NamedTensor>? adapters = null;
            try
            {
                adapters = Adapters(part, weights);
                return await use(weights, adapters);
            }
            finally
            {
                foreach (var tensor in weights.Concat(adapters ?? [])) tensor.Value.Dispose();
            }
        }

        private IReadOnlyList<NamedTensor>? Adapters(string part, NamedTensor[] weights)
        {
            if (PartName.LayerIndex(part) is not { } layer) return null;
            if (Methods.Adapters(spec)?.Targets(model.Config, layer) is not [_, ..] targets) return null;
            return adapter is null ? AdapterStart.Create(targets, spec.Seed, weights) : adapter.Read(layer);
        }
    }
}
