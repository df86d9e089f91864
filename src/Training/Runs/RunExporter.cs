using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// Writes a manifest as a Hugging Face folder, or its adapter as a PEFT folder. A run's name stands for its last manifest, and any
/// <see cref="ManifestAddress"/> for another. A run that goes on meanwhile is followed (<see cref="RunReading"/>).
/// </summary>
public static class RunExporter
{
    /// <summary>Weights, config.json and tokenizer files; see <see cref="ModelExporter"/>.</summary>
    public static Task ExportAsync(IBlobStore store, string run, string outputFolder, CancellationToken cancellationToken) =>
        FollowAsync(store, run, m => ExportAsync(store, m, outputFolder, cancellationToken), cancellationToken);

    /// <summary>The same of a manifest, which no run need keep.</summary>
    public static Task ExportAsync(IBlobStore store, Manifest manifest, string outputFolder, CancellationToken cancellationToken) =>
        ModelExporter.ExportAsync(store, manifest, PartName.All(manifest.Parts.Count - 2), outputFolder, cancellationToken);

    /// <summary>The same, with an adapter merged into its model, so that it is a whole model in any case.</summary>
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
            await ModelMerger.MergeAsync(whole, adapter, null, outputFolder, cancellationToken, ofRun: true);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The records of all steps up to the manifest.</summary>
    public static async Task<IReadOnlyList<StepRecord>> ReadHistoryAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        IReadOnlyList<StepRecord> records = [];
        await FollowAsync(
            store, run, async m => records = (await RunHistory.Read(store, m, cancellationToken)).Records, cancellationToken);
        return records;
    }

    private static Task FollowAsync(IBlobStore store, string run, Func<Manifest, Task> use, CancellationToken cancellationToken)
    {
        var address = ManifestAddress.Parse(run);
        return RunReading.FollowAsync(
            store, address,
            async () =>
            {
                var (manifest, _) = await RunManifests.ReadAsync(store, address, cancellationToken);
                await use(manifest);
                return manifest;
            },
            cancellationToken);
    }
}
