using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>The manifests of a run that are in the store, with what each of them takes up.</summary>
public static class KeptHistory
{
    /// <summary>Reads it, by step. A run that goes on meanwhile is read as it is then.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidDataFileException">There is no such run.</exception>
    public static Task<IReadOnlyList<KeptState>> ReadAsync(IBlobStore store, string run, CancellationToken cancellationToken) =>
        RunReading.FollowAsync(store, ManifestAddress.Last(run), () => ReadOnceAsync(store, run, cancellationToken), cancellationToken);

    private static async Task<IReadOnlyList<KeptState>> ReadOnceAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        var manifests = await RunManifests.OfAsync(store, run, cancellationToken);

        // A run that ends with its best weights has a manifest of its own for that, of the step of its last.
        var hasEnd = manifests.Kept.All(k => k.Manifest != manifests.Last);
        BlobRef[] blobs = [.. manifests.Kept.Select(k => k.Manifest), .. hasEnd ? [manifests.Last] : Array.Empty<BlobRef>()];
        var sizes = await ManifestSizes.ReadAsync(manifests, blobs, cancellationToken);
        var seen = new HashSet<UInt128>();
        var history = blobs.Zip(sizes, State).ToList();
        for (var i = 0; i < manifests.Kept.Count; i++)
        {
            var kept = manifests.Kept[i];
            history[i] = history[i] with { Loss = kept.Loss, EvalLoss = kept.EvalLoss, Time = kept.Time, IsBest = kept.IsBest };
        }

        if (hasEnd)
        {
            var manifest = await manifests.ReadAsync(manifests.Last, cancellationToken);
            var record = (await RunHistory.Read(store, manifest, cancellationToken)).Records.LastOrDefault();
            history[^1] = history[^1] with { Loss = record?.Loss, EvalLoss = record?.EvalLoss, Time = record?.Time };
        }

        history[^1] = history[^1] with { IsLast = true };
        return history;

        KeptState State(BlobRef blob, ManifestSize size) =>
            new(size.Step, blob, size.Blobs.Where(b => seen.Add(b.Name)).Sum(b => b.Length), size.Blobs.Sum(b => b.Length));
    }
}
