using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// The manifests that a run keeps, as its owner knows them. A change of the list is prepared first, and holds once the head that
/// names it was swapped. Used within one grain's turns.
/// </summary>
public sealed class ManifestKeeper
{
    private readonly IBlobStore _store;
    private readonly Dictionary<string, Manifest> _read = [];
    private IReadOnlyList<LogSegment>? _segments;

    private ManifestKeeper(IBlobStore store, IReadOnlyList<LogSegment>? segments, IReadOnlyList<KeptManifest> kept) =>
        (_store, _segments, Kept) = (store, segments, kept);

    /// <summary>The kept manifests by step, the last one among them; empty where only that is kept.</summary>
    public IReadOnlyList<KeptManifest> Kept { get; private set; }

    /// <summary>Reads the list that a head names.</summary>
    public static async Task<ManifestKeeper> Read(IBlobStore store, RunHead head, CancellationToken cancellationToken) =>
        new(store, head.Kept, await KeptManifests.ReadAsync(store, head.Kept, cancellationToken));

    /// <summary>
    /// Writes the list that a fork begins with: its first manifest and the best from before it, with which it may have to end. So a
    /// fork without changes ends as the run that it was forked from.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="origin">The manifests of the run that is forked.</param>
    /// <param name="fork">The fork's first manifest.</param>
    /// <param name="spec">The fork's settings.</param>
    /// <param name="records">The committed steps.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What the head is to name; null where no manifest from before is needed.</returns>
    public static async Task<IReadOnlyList<LogSegment>?> WriteOfFork(
        IBlobStore store, RunManifests origin, Manifest fork, TrainingSpec spec, IReadOnlyList<StepRecord> records,
        CancellationToken cancellationToken)
    {
        if (KeepPolicy.Of(spec).BestBefore(origin.Kept, fork.Step) is not { } best) return null;
        var keeper = new ManifestKeeper(store, null, [best with { NewBytes = 0, IsBest = true }]);
        var first = (fork, fork.ToBlobRef());
        var list = await keeper.Prepare(first, first, isEnd: false, spec, records, TimeProvider.System.GetUtcNow(), cancellationToken);
        return list.Segments;
    }

    /// <summary>Writes the list as it will be with a new manifest.</summary>
    /// <param name="last">The run's last manifest, and its blob.</param>
    /// <param name="added">The one that takes its place, and its blob.</param>
    /// <param name="isEnd">Whether that is the run's end.</param>
    /// <param name="spec">The run's settings.</param>
    /// <param name="records">The committed steps.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<Change> Prepare(
        (Manifest Manifest, BlobRef Blob) last, (Manifest Manifest, BlobRef Blob) added, bool isEnd, TrainingSpec spec,
        IReadOnlyList<StepRecord> records, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var policy = KeepPolicy.Of(spec);
        if (!policy.KeepsHistory && Kept.Count == 0) return new Change(null, [], []);
        Remember(last);
        Remember(added);
        IReadOnlyList<KeptManifest> before = Kept.Count > 0 ? Kept : [new KeptManifest(last.Manifest.Step, last.Blob, 0, now)];

        // A run that is stopped twice at a step has two manifests of it, with the same state.
        KeptManifest[] candidates =
        [
            .. before.Where(k => k.Step < added.Manifest.Step), new KeptManifest(added.Manifest.Step, added.Blob, 0, now),
        ];
        var chosen = !policy.KeepsHistory
            ? []
            : policy.Choose([.. candidates.Select(k => Scored(k, records))], RunFork.BaseStep(added.Manifest), isEnd);
        return await ChangeAsync(before, chosen, findsReplaced: true, cancellationToken);
    }

    /// <summary>
    /// Writes the list as other settings leave it, which may only keep less. Reads no manifest that goes, so <see cref="Change.Replaced"/>
    /// lacks what those name.
    /// </summary>
    /// <param name="policy">What the settings keep.</param>
    /// <param name="last">The run's last manifest.</param>
    /// <param name="isHeld">Whether a manifest stays in any case, by its SHA-256.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The change, and those that stay only because they are held.</returns>
    public async Task<(Change Change, IReadOnlyList<KeptManifest> Spared)> Prune(
        KeepPolicy policy, Manifest last, Func<string, bool> isHeld, CancellationToken cancellationToken)
    {
        var chosen = Kept.Count == 0 || !policy.KeepsHistory ? [] : policy.Choose(Kept, RunFork.BaseStep(last), last.Completed);
        KeptManifest[] spared = [.. Kept.Where(k => k.Step != last.Step && isHeld(k.Manifest.Sha256) && chosen.All(c => c.Step != k.Step))];

        // A list has the last manifest, too.
        var ends = spared.Length > 0 && chosen.Count == 0 ? Kept.Where(k => k.Step == last.Step) : [];
        KeptManifest[] keep = [.. chosen.Concat(spared).Concat(ends).OrderBy(k => k.Step)];
        return (await ChangeAsync(Kept, keep, findsReplaced: false, cancellationToken), spared);
    }

    private async Task<Change> ChangeAsync(
        IReadOnlyList<KeptManifest> before, IReadOnlyList<KeptManifest> keep, bool findsReplaced, CancellationToken cancellationToken)
    {
        KeptManifest[] chosen = [.. keep];
        var preceding = Kept.Skip(1).Zip(Kept, (k, before) => (k.Manifest.Sha256, before.Manifest)).ToDictionary(p => p.Sha256, p => p.Manifest);
        for (var i = 0; i < chosen.Length; i++)
        {
            // What is new in a manifest changes only with the one before it.
            var follows = i == 0 ? null : chosen[i - 1];
            if (chosen[i].NewBytes > 0 && follows?.Manifest == preceding.GetValueOrDefault(chosen[i].Manifest.Sha256)) continue;
            var known = follows is null ? [] : (await ReadAsync(follows.Manifest, cancellationToken)).References().ToHashSet();
            var manifest = await ReadAsync(chosen[i].Manifest, cancellationToken);
            chosen[i] = chosen[i] with
            {
                NewBytes = chosen[i].Manifest.Length + manifest.References().Distinct().Where(b => !known.Contains(b)).Sum(b => b.Length),
            };
        }

        var dropped = new List<BlobRef>();
        foreach (var gone in before.Select(k => k.Manifest).Except(chosen.Select(k => k.Manifest)))
        {
            dropped.Add(gone);
            if (findsReplaced) dropped.AddRange((await ReadAsync(gone, cancellationToken)).References());
        }

        var segments = await KeptManifests.WriteAsync(_store, _segments, Kept, chosen, cancellationToken);
        return new Change(segments, chosen, [.. dropped, .. (_segments ?? []).Select(s => s.Blob).Except((segments ?? []).Select(s => s.Blob))]);
    }

    /// <summary>Notes that the head names a prepared list.</summary>
    public void Accept(Change change)
    {
        (_segments, Kept) = (change.Segments, change.Kept);
        foreach (var name in _read.Keys.Except(Kept.TakeLast(2).Concat(Kept.Take(2)).Select(k => k.Manifest.Sha256)).ToArray()) _read.Remove(name);
    }

    private static KeptManifest Scored(KeptManifest kept, IReadOnlyList<StepRecord> records)
    {
        if (kept.Step == 0 || kept.Step > records.Count) return kept;
        var record = records[(int)kept.Step - 1];
        return kept with { Loss = record.Loss, EvalLoss = record.EvalLoss };
    }

    private void Remember((Manifest Manifest, BlobRef Blob) read) => _read[read.Blob.Sha256] = read.Manifest;

    private async Task<Manifest> ReadAsync(BlobRef blob, CancellationToken cancellationToken)
    {
        if (_read.TryGetValue(blob.Sha256, out var manifest)) return manifest;
        return _read[blob.Sha256] = await RunStore.ReadManifestAsync(_store, blob, cancellationToken);
    }

    /// <summary>A list of kept manifests that is in the store, and not yet named by the head.</summary>
    /// <param name="Segments">What the head is to name; null for no list.</param>
    /// <param name="Kept">The manifests.</param>
    /// <param name="Replaced">Blobs that only the list before may have needed.</param>
    public sealed record Change(IReadOnlyList<LogSegment>? Segments, IReadOnlyList<KeptManifest> Kept, IReadOnlyList<BlobRef> Replaced);
}
