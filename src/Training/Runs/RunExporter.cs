using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// Writes a manifest as a Hugging Face folder, or its adapter as a PEFT folder. A run's name stands for its last manifest, and any
/// <see cref="ManifestAddress"/> for another.
/// </summary>
public static class RunExporter
{
    /// <summary>Weights, config.json and tokenizer files; see <see cref="ModelExporter"/>.</summary>
    public static async Task ExportAsync(IBlobStore store, string run, string outputFolder, CancellationToken cancellationToken) =>
        await ExportAsync(store, await ReadManifestAsync(store, run, cancellationToken), outputFolder, cancellationToken);

    /// <summary>The same of a manifest, which no run need keep.</summary>
    public static Task ExportAsync(IBlobStore store, Manifest manifest, string outputFolder, CancellationToken cancellationToken) =>
        ModelExporter.ExportAsync(store, manifest, PartName.All(manifest.Parts.Count - 2), outputFolder, cancellationToken);

    /// <summary>The same, with an adapter merged into its model, so that it is a whole model in any case.</summary>
    public static async Task ExportModelAsync(IBlobStore store, string run, string outputFolder, CancellationToken cancellationToken) =>
        await ExportModelAsync(store, await ReadManifestAsync(store, run, cancellationToken), outputFolder, cancellationToken);

    /// <summary>The same of a manifest, which no run need keep.</summary>
    public static async Task ExportModelAsync(IBlobStore store, Manifest manifest, string outputFolder, CancellationToken cancellationToken)
    {
        var parts = PartName.All(manifest.Parts.Count - 2);
        if (!AdapterFiles.IsMadeBy(manifest))
        {
            await ExportAsync(store, manifest, outputFolder, cancellationToken);
            return;
        }

        var model = manifest with
        {
            Files = manifest.Files.Where(f => f.Key != AdapterFiles.Config).ToDictionary(),
            Parts = manifest.Parts.ToDictionary(p => p.Key, p => new PartState { Weights = p.Value.Weights }),
        };
        var folder = Directory.CreateTempSubdirectory("lisa-merge-").FullName;
        try
        {
            var (whole, adapter) = (Path.Combine(folder, "model"), Path.Combine(folder, "adapter"));
            await ModelExporter.ExportAsync(store, model, parts, whole, cancellationToken);
            await ModelExporter.ExportAsync(store, manifest, parts, adapter, cancellationToken);
            await ModelMerger.MergeAsync(whole, adapter, null, outputFolder, cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The records of all steps up to the manifest.</summary>
    public static async Task<IReadOnlyList<StepRecord>> ReadHistoryAsync(IBlobStore store, string run, CancellationToken cancellationToken) =>
        (await RunHistory.Read(store, await ReadManifestAsync(store, run, cancellationToken), cancellationToken)).Records;

    private static async Task<Manifest> ReadManifestAsync(IBlobStore store, string address, CancellationToken cancellationToken) =>
        (await RunManifests.ReadAsync(store, ManifestAddress.Parse(address), cancellationToken)).Manifest;
}
