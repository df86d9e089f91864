using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>In what two manifests differ.</summary>
/// <param name="Settings">Settings that would change the result, a line each.</param>
/// <param name="Data">Where the data differ, a line for each kind of data that does.</param>
/// <param name="Parts">By how much the weights of each part differ, in the order of the forward pass.</param>
public sealed record ManifestComparison(IReadOnlyList<string> Settings, IReadOnlyList<string> Data, IReadOnlyList<PartChange> Parts)
{
    /// <summary>Compares them; reads the weights of all parts that are not the same blobs.</summary>
    /// <param name="store">The store that has both.</param>
    /// <param name="had">One.</param>
    /// <param name="now">The other.</param>
    /// <param name="cancellationToken">Stops between two parts.</param>
    /// <exception cref="InvalidDataFileException">The models have other tensors.</exception>
    public static async Task<ManifestComparison> MakeAsync(IBlobStore store, Manifest had, Manifest now, CancellationToken cancellationToken) => new(
        SpecComparison.Differences(
            await RunFiles.ReadSpecAsync(store, had, cancellationToken).ConfigureAwait(false),
            await RunFiles.ReadSpecAsync(store, now, cancellationToken).ConfigureAwait(false)),
        await DataAsync(store, had, now, cancellationToken).ConfigureAwait(false),
        await PartChange.CompareAsync(store, had, now, cancellationToken).ConfigureAwait(false));

    private static async Task<IReadOnlyList<string>> DataAsync(
        IBlobStore store, Manifest had, Manifest now, CancellationToken cancellationToken)
    {
        var (_, config) = await RunFiles.ReadConfigAsync(store, had, cancellationToken).ConfigureAwait(false);
        var lines = new List<string>();
        foreach (var (what, a, b) in ((string, BlobRef?, BlobRef?)[])
            [("training", had.Dataset, now.Dataset), ("evaluation", had.EvalDataset, now.EvalDataset)])
        {
            if (a == b) continue;
            var where = a is null || b is null
                ? "only one has any"
                : await DataDifference.FindAsync(store, a, b, config.VocabSize, cancellationToken).ConfigureAwait(false);
            lines.Add($"{what} data: {where ?? "other blobs of the same samples"}");
        }

        return lines;
    }
}
