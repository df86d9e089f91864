using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>The manifests of a run that are in the store, with what each of them takes up.</summary>
public static class KeptHistory
{
    /// <summary>Reads it, by step.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidDataFileException">There is no such run.</exception>
    public static async Task<IReadOnlyList<KeptState>> ReadAsync(IBlobStore store, string run, CancellationToken cancellationToken)
    {
        var manifests = await RunManifests.OfAsync(store, run, cancellationToken);
        var (seen, history) = (new HashSet<BlobRef>(), new List<KeptState>());
        foreach (var kept in manifests.Kept)
        {
            var state = await Measure(kept.Manifest);
            history.Add(state with { Loss = kept.Loss, EvalLoss = kept.EvalLoss, Time = kept.Time, IsBest = kept.IsBest });
        }

        // A run that ends with its best weights has a manifest of its own for that, of the step of its last.
        if (manifests.Kept.All(k => k.Manifest != manifests.Last))
        {
            var state = await Measure(manifests.Last);
            var manifest = await manifests.ReadAsync(manifests.Last, cancellationToken);
            var record = (await RunHistory.Read(store, manifest, cancellationToken)).Records.LastOrDefault();
            history.Add(state with { Loss = record?.Loss, EvalLoss = record?.EvalLoss, Time = record?.Time });
        }

        history[^1] = history[^1] with { IsLast = true };
        return history;

        async Task<KeptState> Measure(BlobRef blob)
        {
            var manifest = await manifests.ReadAsync(blob, cancellationToken);
            BlobRef[] named = [.. manifest.References().Append(blob).Distinct()];
            var added = named.Where(seen.Add).Sum(b => b.Length);
            return new KeptState(manifest.Step, blob, added, named.Sum(b => b.Length));
        }
    }
}
