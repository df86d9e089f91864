using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// Makes a run that goes on from a manifest of another: a head and a manifest that name the same blobs, so no weight is copied.
/// </summary>
public static class RunFork
{
    private const string Property = "forked_from";

    /// <summary>The step of the manifest that a run began with: 0, or where it was forked.</summary>
    /// <param name="manifest">Any manifest of the run.</param>
    public static long BaseStep(Manifest manifest) => OriginOf(manifest)?.Step ?? 0;

    /// <summary>The steps of a run's own manifests: a fork may keep its origin's best one, too.</summary>
    /// <param name="manifests">The run's manifests.</param>
    /// <param name="manifest">Any manifest of the run.</param>
    public static IReadOnlyList<long> OwnSteps(RunManifests manifests, Manifest manifest) =>
        [.. manifests.Steps.Where(s => s >= BaseStep(manifest))];

    /// <summary>What a run was forked from; null for a run that was not forked.</summary>
    /// <param name="manifest">Any manifest of the run.</param>
    public static ManifestAddress? OriginOf(Manifest manifest) =>
        manifest.Properties.GetValueOrDefault(Property) is { } origin ? ManifestAddress.Parse(origin) : null;

    /// <summary>The manifest of step 0, which the run keeps or one that it goes back to by forks; null where none of them does.</summary>
    /// <param name="store">The store.</param>
    /// <param name="manifest">Any manifest of the run.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<Manifest?> FindBeginningAsync(IBlobStore store, Manifest manifest, CancellationToken cancellationToken)
    {
        // A run that was deleted may have been made again, as a fork of its own fork.
        var seen = new HashSet<string>();
        for (var run = manifest.Run; seen.Add(run);)
        {
            if (await RunManifests.FindAsync(store, run, cancellationToken) is not { } manifests) return null;
            if (manifests.Find(ManifestAddress.At(run, 0)) is { } blob) return await manifests.ReadAsync(blob, cancellationToken);
            if (OriginOf(await manifests.ReadAsync(manifests.Last, cancellationToken)) is not { } origin) return null;
            run = origin.Run;
        }

        return null;
    }

    /// <summary>Makes a fork. Called again for a fork that is there, it makes nothing and says so.</summary>
    /// <param name="store">The store.</param>
    /// <param name="from">The manifest to go on from.</param>
    /// <param name="run">The fork's name.</param>
    /// <param name="given">Settings in the place of those of the manifest's run.</param>
    /// <param name="cancellationToken">Gives up; the fork is then there as a whole or not at all.</param>
    /// <exception cref="InvalidDataFileException">There is no such manifest.</exception>
    /// <exception cref="InvalidTrainingSettingException">A setting cannot change, or a run of this name is another one.</exception>
    public static Task<ForkedRun> CreateAsync(
        IBlobStore store, ManifestAddress from, string run, GivenSettings given, CancellationToken cancellationToken) =>
        RunReading.FollowAsync(store, from, () => MakeAsync(store, from, run, given, cancellationToken), cancellationToken);

    private static async Task<ForkedRun> MakeAsync(
        IBlobStore store, ManifestAddress from, string run, GivenSettings given, CancellationToken cancellationToken)
    {
        RunSettings.Table.Of(nameof(TrainingSpec.RunName)).Check(run);
        var (manifest, _) = await RunManifests.ReadAsync(store, from, cancellationToken);
        var origin = ManifestAddress.At(from.Run, manifest.Step);
        var was = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken);
        var (_, config) = await RunFiles.ReadConfigAsync(store, manifest, cancellationToken);
        var spec = ForkSettings.Apply(was, given, run);
        if (await FindAsync(store, origin, spec, cancellationToken) is { } there) return there;

        RunSettings.Table.Check(spec);
        ForkSettings.Check(was, spec, manifest, config);
        TrainingSpecValidator.Validate(spec, config);
        if (Objectives.PairLoss(was) is not { NeedsReference: true }) Objectives.CheckLengths(spec, config);
        TrainingSpecValidator.CheckEvaluation(spec, was, manifest.EvalDataset is not null);
        WeightForms.CheckStore(spec, store);

        var plan = await RunPlan.Read(store, manifest, cancellationToken);
        var records = (await RunHistory.Read(store, manifest, cancellationToken)).Records;
        SampleMask.Check(spec.MaskSamples, plan.SampleCount);
        SampleMask.CheckUnused(spec.MaskSamples.Except(was.MaskSamples).ToHashSet(), records);

        // A run that early stopping ended may keep a manifest of that step that is not marked as its end.
        var endedEarly = EarlyStopping.IsDue(was, records);
        var isEnd = manifest.Completed || endedEarly || manifest.Step >= plan.TotalSteps;
        var total = isEnd ? manifest.Step : BatchPlans.CreateNew(spec, plan.RowsWith(spec)).TotalSteps;
        if (isEnd && Changes(was, spec, endedEarly) is { Count: > 0 } differences)
        {
            throw new InvalidDataFileException(
                $"{origin}",
                $"is the end of its run, whose optimizer state is gone, so it cannot go on with {differences[0]}; fork it at a step before");
        }

        if (!isEnd && total <= manifest.Step)
            throw new InvalidTrainingSettingException(
                spec.MaxSteps is null ? "num_train_epochs" : "max_steps", $"makes {total} steps in all; the fork begins after step {manifest.Step}");

        var blob = new BytesBlob(JsonSerializer.SerializeToUtf8Bytes(spec));
        await store.PutAsync(blob, cancellationToken);
        // What answers are compared with comes from the model in the run's own numbers.
        var keepsReference = manifest.Step > 0 || ReferenceCache.HaveSameNumbers(was, spec);
        var fork = manifest with
        {
            ReferenceLogProbs = keepsReference ? manifest.ReferenceLogProbs : null,
            EvalReferenceLogProbs = keepsReference ? manifest.EvalReferenceLogProbs : null,
            Run = run,
            Generation = 1,
            Spec = new BlobRef(blob.Sha256, blob.Length),
            Properties = new Dictionary<string, string>(manifest.Properties) { [Property] = origin.ToString() },
        };
        // The own manifest of a last step is not the end of a run that ends with its best.
        var keepsBest = !manifest.Completed && KeepPolicy.Of(spec).KeepsBest;
        var kept = keepsBest && await RunManifests.FindAsync(store, from.Run, cancellationToken) is { } manifests
            ? await ManifestKeeper.WriteOfFork(store, manifests, fork, spec, records, cancellationToken)
            : null;
        if (await RunStore.TryCreateAsync(store, fork, cancellationToken, kept))
            return new ForkedRun(run, $"{origin}", manifest.Step, total, IsNew: true);
        return await FindAsync(store, origin, spec, cancellationToken) ?? throw Taken(run);
    }

    private static IReadOnlyList<string> Changes(TrainingSpec was, TrainingSpec spec, bool endedEarly) =>
        endedEarly && (was.EarlyStoppingPatience, was.EarlyStoppingThreshold) != (spec.EarlyStoppingPatience, spec.EarlyStoppingThreshold)
            ? ["other early stopping"]
            : SpecComparison.Differences(was, spec);

    // Null where there is no run of this name.
    private static async Task<ForkedRun?> FindAsync(
        IBlobStore store, ManifestAddress origin, TrainingSpec spec, CancellationToken cancellationToken)
    {
        if (await RunStore.ReadHeadAsync(store, spec.RunName, cancellationToken) is not { } head) return null;
        if (head.Manifest is not { } blob) throw Taken(spec.RunName);
        var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken);
        if (OriginOf(manifest) != origin) throw Taken(spec.RunName);
        var stored = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken);
        if (SpecComparison.Differences(stored, DerivedSettings.GoOn(spec, stored)) is { Count: > 0 } differences)
            throw new RunExistsException(spec.RunName, differences);
        var plan = await RunPlan.Read(store, manifest, cancellationToken);
        return new ForkedRun(spec.RunName, $"{origin}", manifest.Step, RunEnd.TotalSteps(manifest, plan.TotalSteps), IsNew: false);
    }

    private static InvalidTrainingSettingException Taken(string run) =>
        new("run_name", $"is '{run}', but there is a run of this name already; choose another name");
}
