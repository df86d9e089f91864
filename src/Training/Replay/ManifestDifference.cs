using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>What is the same in all manifests of a run, and yet differs: settings, data, or the model's files.</summary>
public static class ManifestDifference
{
    /// <summary>Finds the first difference from the first manifest, in words; null for none.</summary>
    /// <param name="store">The run's store.</param>
    /// <param name="manifests">At least one, by step.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<string?> FindAsync(IBlobStore store, IReadOnlyList<Manifest> manifests, CancellationToken cancellationToken)
    {
        var first = manifests[0];
        var spec = await RunFiles.ReadSpecAsync(store, first, cancellationToken);
        var (_, config) = await RunFiles.ReadConfigAsync(store, first, cancellationToken);
        foreach (var manifest in manifests.Skip(1))
        {
            var between = $"between the manifests of steps {first.Step} and {manifest.Step}";
            if (manifest.Spec != first.Spec
                && SpecComparison.Differences(spec, await RunFiles.ReadSpecAsync(store, manifest, cancellationToken)) is [var changed, ..])
                return $"a setting was changed {between}: {changed}";
            foreach (var (what, had, now) in ((string, BlobRef?, BlobRef?)[])
                [("training", first.Dataset, manifest.Dataset), ("evaluation", first.EvalDataset, manifest.EvalDataset)])
            {
                if (had == now) continue;
                var where = had is null || now is null ? "one has none"
                    : await DataDifference.FindAsync(store, had, now, config.VocabSize, cancellationToken) ?? "another blob with the same samples";
                return $"the {what} data was changed {between}: {where}";
            }

            var files = manifest.Files.Keys.Union(first.Files.Keys);
            if (files.FirstOrDefault(f => manifest.Files.GetValueOrDefault(f) != first.Files.GetValueOrDefault(f)) is { } file)
                return $"{file} was changed {between}";
            if (manifest.OtherTensors != first.OtherTensors) return $"the tensors that do not train were changed {between}";
        }

        return null;
    }
}
