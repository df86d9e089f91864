namespace LisaOrleans.Checkpoints;

/// <summary>The manifests of a run that are in the store: those that it keeps, and the last one.</summary>
public sealed class RunManifests
{
    private readonly IBlobStore _store;

    private RunManifests(IBlobStore store, RunHead head, BlobRef last, IReadOnlyList<KeptManifest> kept) =>
        (_store, Head, Last, Kept) = (store, head, last, kept);

    /// <summary>The run's head.</summary>
    public RunHead Head { get; }

    /// <summary>The blob of the last manifest.</summary>
    public BlobRef Last { get; }

    /// <summary>
    /// Those that the run keeps, by step; empty for a run that keeps only the last. The last manifest is not among them where it
    /// ends a run with the weights of its best: the last one here is then of the same step, with the weights of that step.
    /// </summary>
    public IReadOnlyList<KeptManifest> Kept { get; }

    /// <summary>The steps of all of them.</summary>
    public IReadOnlyList<long> Steps => [.. Kept.Select(k => k.Step).Append(Head.Step).Distinct().Order()];

    /// <summary>The blobs of all of them.</summary>
    public IReadOnlyList<BlobRef> Blobs => [.. Kept.Select(k => k.Manifest).Append(Last).Distinct()];

    /// <summary>The manifest whose weights the last one has, where that ends a run with those of its best; else null.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<KeptManifest?> BestAtEndAsync(CancellationToken cancellationToken) =>
        Kept.Any(k => k.Step == Head.Step && k.Manifest != Last) && (await ReadAsync(Last, cancellationToken).ConfigureAwait(false)).Completed
            ? Kept.FirstOrDefault(k => k.IsBest)
            : null;

    /// <summary>Finds them; null where there is no such run, or it has no manifest yet.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<RunManifests?> FindAsync(IBlobStore store, string run, CancellationToken cancellationToken) =>
        await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false) is { Manifest: not null } head
            ? await OfAsync(store, head, cancellationToken).ConfigureAwait(false)
            : null;

    /// <summary>The same for a run that must be there.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidDataFileException">There is no such run, or it has no manifest yet.</exception>
    public static async Task<RunManifests> OfAsync(IBlobStore store, string run, CancellationToken cancellationToken) =>
        await FindAsync(store, run, cancellationToken).ConfigureAwait(false) ?? throw NoRun(store, run);

    /// <summary>Those that a head with a manifest names.</summary>
    /// <param name="store">The store.</param>
    /// <param name="head">The head.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<RunManifests> OfAsync(IBlobStore store, RunHead head, CancellationToken cancellationToken) => new(
        store, head, head.Manifest ?? throw new ArgumentException("the run has no manifest", nameof(head)),
        await KeptManifests.ReadAsync(store, head.Kept, cancellationToken).ConfigureAwait(false));

    /// <summary>Reads the manifest of an address.</summary>
    /// <param name="store">The store.</param>
    /// <param name="address">The address.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="InvalidDataFileException">There is no such run, or it keeps no such manifest; the message says which it keeps.</exception>
    public static async Task<(Manifest Manifest, BlobRef Blob)> ReadAsync(
        IBlobStore store, ManifestAddress address, CancellationToken cancellationToken)
    {
        var (manifest, blob, _) = await ReadWithHeadAsync(store, address, cancellationToken).ConfigureAwait(false);
        return (manifest, blob);
    }

    /// <summary>Reads the manifest of an address and finds whose weights it has, both as the run is at one moment.</summary>
    /// <param name="store">The store.</param>
    /// <param name="address">The address.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The manifest; and the run's best where the manifest ends the run with the weights of that, else null.</returns>
    /// <exception cref="InvalidDataFileException">There is no such run, or it keeps no such manifest; the message says which it keeps.</exception>
    public static async Task<(Manifest Manifest, KeptManifest? Best)> ReadWithBestAsync(
        IBlobStore store, ManifestAddress address, CancellationToken cancellationToken)
    {
        var (manifest, blob, head) = await ReadWithHeadAsync(store, address, cancellationToken).ConfigureAwait(false);
        if (!manifest.Completed || blob != head.Manifest) return (manifest, null);
        var manifests = await OfAsync(store, head, cancellationToken).ConfigureAwait(false);
        return (manifest, await manifests.BestAtEndAsync(cancellationToken).ConfigureAwait(false));
    }

    private static async Task<(Manifest Manifest, BlobRef Blob, RunHead Head)> ReadWithHeadAsync(
        IBlobStore store, ManifestAddress address, CancellationToken cancellationToken)
    {
        if (await RunStore.ReadHeadAsync(store, address.Run, cancellationToken).ConfigureAwait(false) is not { Manifest: { } blob } head)
            throw NoRun(store, address.Run);

        // The last one is there whatever happened to the list of the others.
        if (address.IsBest || address.Step is not null) blob = (await OfAsync(store, head, cancellationToken).ConfigureAwait(false)).BlobOf(address);
        return (await RunStore.ReadManifestAsync(store, blob, cancellationToken).ConfigureAwait(false), blob, head);
    }

    /// <summary>The blob of an address's manifest.</summary>
    /// <param name="address">An address of this run.</param>
    /// <exception cref="InvalidDataFileException">The run keeps no such manifest; the message says which it keeps.</exception>
    public BlobRef BlobOf(ManifestAddress address) => Find(address) ?? throw new InvalidDataFileException(
        $"run '{address.Run}'", address.IsBest
            ? "keeps no manifest that was scored on evaluation data, so none is the best; --keep-manifests best:eval_loss keeps it"
            : $"keeps no manifest of step {address.Step}; it keeps {Describe(Steps)}");

    /// <summary>The blob of an address's manifest; null where the run keeps no such manifest.</summary>
    /// <param name="address">An address of this run.</param>
    public BlobRef? Find(ManifestAddress address) => address switch
    {
        { IsBest: true } => Kept.FirstOrDefault(k => k.IsBest)?.Manifest,
        { Step: { } step } => Kept.FirstOrDefault(k => k.Step == step)?.Manifest ?? (step == Head.Step ? Last : null),
        _ => Last,
    };

    /// <summary>Reads one of them.</summary>
    /// <param name="blob">One of <see cref="Blobs"/>.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public Task<Manifest> ReadAsync(BlobRef blob, CancellationToken cancellationToken) => RunStore.ReadManifestAsync(_store, blob, cancellationToken);

    /// <summary>Hashes of all blobs that the run names: its journal, its list, its manifests and what they name.</summary>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task<IReadOnlySet<string>> NamedAsync(CancellationToken cancellationToken)
    {
        var named = (Head.Journal ?? []).Concat(Head.Kept ?? []).Select(s => s.Blob.Sha256).Concat(Blobs.Select(b => b.Sha256)).ToHashSet();
        var options = new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(Blobs, options, async (blob, token) =>
        {
            var names = await ManifestReferences.ReadAsync(_store, blob, token).ConfigureAwait(false);
            lock (named) named.UnionWith(names);
        }).ConfigureAwait(false);
        return named;
    }

    /// <summary>What to throw where a store has no such run, or one without a manifest.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run that was asked for.</param>
    public static InvalidDataFileException NoRun(IBlobStore store, string run) => new(store.Location, $"has no run '{run}'");

    /// <summary>Steps of kept manifests in words: of thousands both ends, and how many there are.</summary>
    /// <param name="steps">The steps, at least one.</param>
    public static string Describe(IReadOnlyList<long> steps)
    {
        const int Shown = 20;
        var text = steps.Count <= Shown
            ? string.Join(", ", steps)
            : $"{string.Join(", ", steps.Take(Shown / 2))}, … {string.Join(", ", steps.TakeLast(Shown / 2))} ({steps.Count} in all)";
        return (steps.Count == 1 ? "only that of step " : "those of steps ") + text;
    }
}
