namespace LisaOrleans.Training;

/// <summary>
/// Which run trains where: a pure function of the runs that ask and the live silos. Runs that train go on; of those that wait,
/// higher priority goes first, then the older run. While there are enough silos, each run gets its own, equally many; otherwise
/// runs share silos, and each has its part of their memory. A run that does not fit beside the others waits, and so do those
/// behind it, so that a large run is not passed over for ever.
/// </summary>
public static class SiloShares
{
    /// <summary>The runs in the order in which they are served.</summary>
    public static IReadOnlyList<QueuedRun> Order(IEnumerable<QueuedRun> runs) =>
        [.. runs.OrderByDescending(r => r.Trains).ThenByDescending(r => r.Spec.Priority)
            .ThenBy(r => r.Since).ThenBy(r => r.Name, StringComparer.Ordinal)];

    /// <summary>The silos of each run that may train, with its part of their memory.</summary>
    /// <param name="runs">Runs in the order of <see cref="Order"/>.</param>
    /// <param name="silos">Live silos of role gpu, in a stable order.</param>
    public static IReadOnlyDictionary<string, IReadOnlyList<TrainingSilo>> Assign(IReadOnlyList<QueuedRun> runs, IReadOnlyList<TrainingSilo> silos)
    {
        IReadOnlyDictionary<string, IReadOnlyList<TrainingSilo>> shares = new Dictionary<string, IReadOnlyList<TrainingSilo>>();
        var admitted = new List<QueuedRun>();
        if (silos.Count == 0) return shares;
        foreach (var run in runs)
        {
            if (Layout([.. admitted, run], silos) is { } larger)
            {
                admitted.Add(run);
                shares = larger;
            }
            else if (!run.Trains && Fits(run, silos))
            {
                // It could train if others were done: nobody overtakes it.
                break;
            }
        }

        return shares;
    }

    // A run that may have too little memory gets all silos, so that it has as much as there is.
    private static Dictionary<string, IReadOnlyList<TrainingSilo>>? Layout(IReadOnlyList<QueuedRun> runs, IReadOnlyList<TrainingSilo> silos)
    {
        if (runs.Count > silos.Sum(s => s.MaxRuns)) return null;
        var apart = runs.Count <= silos.Count ? Apart(runs, silos) : OneEach(runs, silos);
        if (apart is not null && runs.All(r => HasRoom(r, apart[r.Name]))) return apart;

        // All runs on all silos: each has an equal part of every silo.
        if (silos.Any(s => s.MaxRuns < runs.Count)) return null;
        var together = runs.ToDictionary(r => r.Name, r => Part(silos, runs.Count));
        return runs.All(r => HasRoom(r, together[r.Name])) ? together : null;

        bool HasRoom(QueuedRun run, IReadOnlyList<TrainingSilo> share) =>
            runs.Count == 1 ? Fits(run, share) : StagePlanner.FitsWell(run.Config, run.Spec, share);
    }

    // Equally many silos for each run, and the odd ones for the first runs. A run keeps the silos that it holds, as far as
    // possible.
    private static Dictionary<string, IReadOnlyList<TrainingSilo>> Apart(IReadOnlyList<QueuedRun> runs, IReadOnlyList<TrainingSilo> silos)
    {
        var free = silos.ToList();
        var shares = new Dictionary<string, List<TrainingSilo>>();
        var target = runs.Select((r, i) => (r.Name, Count: (silos.Count / runs.Count) + (i < silos.Count % runs.Count ? 1 : 0)))
            .ToDictionary(t => t.Name, t => t.Count);
        foreach (var run in runs)
        {
            var kept = free.Where(s => run.Holds.Contains(s.Address)).Take(target[run.Name]).ToList();
            free.RemoveAll(kept.Contains);
            shares[run.Name] = kept;
        }

        foreach (var run in runs)
        {
            var share = shares[run.Name];
            var more = free.Take(target[run.Name] - share.Count).ToArray();
            free.RemoveRange(0, more.Length);
            share.AddRange(more);
        }

        return shares.ToDictionary(s => s.Key, s => InOrder(s.Value, silos));
    }

    // One silo for each run, silos shared as evenly as possible. Null if that is more than the silos take.
    private static Dictionary<string, IReadOnlyList<TrainingSilo>>? OneEach(IReadOnlyList<QueuedRun> runs, IReadOnlyList<TrainingSilo> silos)
    {
        var load = silos.ToDictionary(s => s.Address, _ => 0);
        var most = (runs.Count + silos.Count - 1) / silos.Count;
        var place = new Dictionary<string, TrainingSilo>();
        foreach (var run in runs)
        {
            if (silos.FirstOrDefault(s => run.Holds.Contains(s.Address) && load[s.Address] < Math.Min(most, s.MaxRuns)) is not { } held) continue;
            place[run.Name] = held;
            load[held.Address]++;
        }

        foreach (var run in runs.Where(r => !place.ContainsKey(r.Name)))
        {
            if (silos.Where(s => load[s.Address] < s.MaxRuns).MinBy(s => load[s.Address]) is not { } silo) return null;
            place[run.Name] = silo;
            load[silo.Address]++;
        }

        return place.ToDictionary(p => p.Key, p => Part([p.Value], load[p.Value.Address]));
    }

    private static IReadOnlyList<TrainingSilo> InOrder(List<TrainingSilo> share, IReadOnlyList<TrainingSilo> silos) =>
        [.. silos.Where(share.Contains)];

    private static IReadOnlyList<TrainingSilo> Part(IReadOnlyList<TrainingSilo> silos, int runs) =>
        [.. silos.Select(s => s with { MemoryBytes = s.MemoryBytes == 0 ? 0 : Math.Max(1, s.MemoryBytes / runs) })];

    private static bool Fits(QueuedRun run, IReadOnlyList<TrainingSilo> silos) => StagePlanner.Fits(run.Config, run.Spec, silos);
}
