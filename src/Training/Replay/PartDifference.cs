using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>Compares the parts of two manifests of the same step by the names of their blobs, which are hashes of their bytes.</summary>
public static class PartDifference
{
    /// <summary>The first part and tensor that differ; null where none does.</summary>
    /// <param name="store">The store of the run.</param>
    /// <param name="had">The run's manifest.</param>
    /// <param name="other">The store of the repetition.</param>
    /// <param name="repeated">The manifest of the repetition.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<string?> FindAsync(
        IBlobStore store, Manifest had, IBlobStore other, Manifest repeated, CancellationToken cancellationToken)
    {
        foreach (var part in PartName.All(had.Parts.Count - 2))
        {
            var (trains, trainsAgain) = (had.Part(part).Optimizer is not null, repeated.Part(part).Optimizer is not null);
            if (trains != trainsAgain)
            {
                return $"part {part} {(trains ? "trains" : "does not train")}, repeated it {(trainsAgain ? "does" : "does not")}; this follows from the "
                    + "method or the sampling of layers";
            }

            foreach (var ((what, one), (_, two)) in Blobs(had.Part(part)).Zip(Blobs(repeated.Part(part))))
            {
                if (one == two) continue;
                var tensor = one is null || two is null
                    ? null
                    : await FirstTensorAsync(store, one, other, two, cancellationToken).ConfigureAwait(false);
                var where = tensor is null ? "" : $"; the first tensor that differs is {tensor}";
                return $"part {part}: {what} {Name(one)}, repeated {Name(two)}{where}";
            }
        }

        return null;
    }

    // While a part trains, its state has the weights; those that it began with, beside it, depend on where a run was interrupted.
    private static IEnumerable<(string What, BlobRef? Blob)> Blobs(PartState state)
    {
        var (trains, adapts) = (state.Optimizer is not null, state.Adapter is not null);
        return
        [
            ("its weights are", trains && !adapts ? null : state.Weights), ("its adapters are", trains ? null : state.Adapter),
            ("its optimizer's state is", state.Optimizer), ("its kept moments are", state.Parked),
        ];
    }

    private static string Name(BlobRef? blob) => blob is null ? "none" : $"blob {blob.Sha256}";

    private static async Task<string?> FirstTensorAsync(
        IBlobStore store, BlobRef one, IBlobStore other, BlobRef two, CancellationToken cancellationToken)
    {
        using var a = SafetensorsReader.FromBlob(await store.ReadAsync(one, cancellationToken).ConfigureAwait(false), one.Sha256);
        using var b = SafetensorsReader.FromBlob(await other.ReadAsync(two, cancellationToken).ConfigureAwait(false), two.Sha256);
        return a.InOrder.FirstOrDefault(t => !b.Tensors.TryGetValue(t.Name, out var same) || !a.HasSameBytes(t, b, same))?.Name;
    }
}
