namespace LisaOrleans.Checkpoints;

/// <summary>Says what a blob is to a run: people know their training data, but not hashes.</summary>
public static class RunBlobs
{
    /// <summary>The same failure; if the damaged blob is one of the run's, it says what the blob is to the run.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run.</param>
    /// <param name="failure">Any failure.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public static async Task<Exception> NameAsync(IBlobStore store, string run, Exception failure, CancellationToken cancellationToken)
    {
        if (failure is not DamagedBlobException { What: null } damaged) return failure;
        try
        {
            if (await FindAsync(store, run, damaged.Sha256, cancellationToken).ConfigureAwait(false) is not { } what) return failure;
            return damaged is BlobCorruptException
                ? new BlobCorruptException(damaged.Sha256, damaged.Location, what)
                : new BlobMissingException(damaged.Sha256, damaged.Location, what);
        }
        catch (Exception e) when (e is IOException or InvalidDataFileException or Azure.RequestFailedException)
        {
            // More is broken than this one blob, which was found first.
            return failure;
        }
    }

    private static async Task<string?> FindAsync(IBlobStore store, string run, string sha256, CancellationToken cancellationToken)
    {
        // What the head names comes first: it can be told whatever else is damaged.
        if (await RunStore.ReadHeadAsync(store, run, cancellationToken).ConfigureAwait(false) is not { } head) return null;
        var of = $" of run '{run}'";
        if (head.Journal?.Any(s => s.Blob.Sha256 == sha256) == true) return $"the journal{of}";
        if (head.Kept?.Any(s => s.Blob.Sha256 == sha256) == true) return $"the list of manifests{of}";
        if (head.Manifest is not { } newest) return null;
        if (newest.Sha256 == sha256) return $"the manifest of step {head.Step}{of}";
        if (await FindAsync(newest, "").ConfigureAwait(false) is { } last) return last;
        var manifests = await RunManifests.OfAsync(store, head, cancellationToken).ConfigureAwait(false);
        if (manifests.Kept.FirstOrDefault(k => k.Manifest.Sha256 == sha256) is { } kept) return $"the manifest of step {kept.Step}{of}";
        foreach (var entry in manifests.Kept.Reverse())
            if (await FindAsync(entry.Manifest, $" at step {entry.Step}").ConfigureAwait(false) is { } what) return what;
        return null;

        async Task<string?> FindAsync(BlobRef blob, string when)
        {
            var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken).ConfigureAwait(false);
            return Named(manifest).Where(n => n.Blob?.Sha256 == sha256).Select(n => $"{n.What}{of}{when}").FirstOrDefault();
        }
    }

    /// <summary>What is wrong where a run names a manifest as that of another step, in words; null where nothing is.</summary>
    /// <param name="run">The run.</param>
    /// <param name="step">The step that its head or its list says.</param>
    /// <param name="manifest">The manifest.</param>
    public static string? WrongStep(string run, long step, Manifest manifest) =>
        manifest.Step == step ? null : $"run '{run}' names the manifest of step {manifest.Step} as that of step {step}";

    /// <summary>Every blob that a manifest names, with what it is.</summary>
    internal static IEnumerable<(BlobRef? Blob, string What)> Named(Manifest manifest)
    {
        yield return (manifest.Spec, "the settings");
        yield return (manifest.Dataset, "the training data");
        yield return (manifest.EvalDataset, "the evaluation data");
        yield return (manifest.OtherTensors, "the tensors that do not train");
        yield return (manifest.ReferenceLogProbs, "the reference's log probabilities of the training data");
        yield return (manifest.EvalReferenceLogProbs, "the reference's log probabilities of the evaluation data");
        foreach (var (name, blob) in manifest.Files) yield return (blob, name);
        foreach (var segment in manifest.Log) yield return (segment.Blob, $"the log of steps {segment.FirstStep} to {segment.LastStep}");
        foreach (var (part, state) in manifest.Parts)
        {
            yield return (state.Weights, $"the weights of {part}");
            yield return (state.Optimizer, $"the optimizer's state of {part}");
            yield return (state.Adapter, $"the adapters of {part}");
            yield return (state.Parked, $"the kept moments of {part}");
        }
    }
}
