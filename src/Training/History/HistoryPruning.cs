using System.Collections.Concurrent;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>Lets the runs of a store keep fewer of their manifests than their settings say.</summary>
public static class HistoryPruning
{
    private const int MostLooks = 5;

    /// <summary>
    /// Shortens each run's list of kept manifests by one swap of its head; a later collection deletes what nothing names any more. May be
    /// killed at any moment, and repeated. Runs that somebody works on stay as they are, as do those that cannot be read, the last
    /// manifest of a run, the best of one that is to end with it, and those with which a job is still to begin.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="keep">What to keep, as <see cref="TrainingSpec.KeepManifests"/> says it.</param>
    /// <param name="cancellationToken">Stops between two runs.</param>
    /// <returns>The runs that keep a list, and those that cannot be read, by name.</returns>
    /// <exception cref="InvalidTrainingSettingException">That is no rule.</exception>
    public static async Task<IReadOnlyList<PrunedHistory>> PruneAsync(IBlobStore store, string keep, CancellationToken cancellationToken)
    {
        RunSettings.Table.Of(nameof(TrainingSpec.KeepManifests)).Check(keep);
        var pruned = new ConcurrentBag<PrunedHistory>();

        // A job that comes to be afterwards names its manifest itself, so that no collection takes it.
        var held = await HeldManifests.ReadAsync(store, cancellationToken);
        await HeldRuns.ForEachAsync(
            RunStore.ListRunsAsync(store, cancellationToken),
            async (run, token) =>
            {
                if (await TryPruneRunAsync(store, run, keep, held, token) is { } history) pruned.Add(history);
            },
            cancellationToken);
        return [.. pruned.OrderBy(p => p.Run, StringComparer.Ordinal)];
    }

    private static async Task<PrunedHistory?> TryPruneRunAsync(
        IBlobStore store, string run, string keep, IReadOnlyDictionary<string, string> held, CancellationToken cancellationToken)
    {
        try
        {
            return await PruneRunAsync(store, run, keep, held, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataFileException or DamagedBlobException)
        {
            var named = await RunBlobs.NameAsync(store, run, e, cancellationToken);
            return new PrunedHistory(run, 0, [], IsHeld: false) { Problem = named.Message };
        }
    }

    private static async Task<PrunedHistory?> PruneRunAsync(
        IBlobStore store, string run, string keep, IReadOnlyDictionary<string, string> held, CancellationToken cancellationToken)
    {
        for (var look = 1; await RunStore.ReadHeadAsync(store, run, cancellationToken) is { Manifest: { } blob, Kept: not null } head; look++)
        {
            // Whoever swaps the head again and again works on the run, and so does whoever holds it, in any state: an import may.
            var keeper = await ManifestKeeper.Read(store, head, cancellationToken);
            if (look > MostLooks || await HeldRuns.IsHeldAsync(store, run, cancellationToken))
                return new PrunedHistory(run, keeper.Kept.Count, [], IsHeld: true);
            var last = await RunStore.ReadManifestAsync(store, blob, cancellationToken);
            var spec = await RunFiles.ReadSpecAsync(store, last, cancellationToken);
            var policy = KeepPolicy.Of(spec with { KeepManifests = keep, SaveTotalLimit = null });
            var (change, spared) = await keeper.Prune(policy, last, held.ContainsKey, cancellationToken);
            long[] gone = [.. keeper.Kept.Where(k => k.Manifest != blob && change.Kept.All(c => c.Manifest != k.Manifest)).Select(k => k.Step)];
            if (gone.Length == 0 || await RunStore.TryChangeKeptAsync(store, head, change.Segments, cancellationToken))
            {
                return new PrunedHistory(run, keeper.Kept.Count, gone, IsHeld: false)
                {
                    Spared = [.. spared.Select(k => (k.Step, held[k.Manifest.Sha256]))],
                };
            }
        }

        return null;
    }
}
