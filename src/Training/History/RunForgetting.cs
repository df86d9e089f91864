using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// A run that goes on from before some samples were first used, and does not learn from them: a fork with the bits of a run that
/// masked them from its first step.
/// </summary>
/// <param name="Samples">What is to be forgotten, by number.</param>
/// <param name="FirstUse">The step that first learned from one of them; null where none did.</param>
/// <param name="From">The manifest that the fork goes on from.</param>
/// <param name="FromManifest">Its blob; null where the run does not keep it any more.</param>
/// <param name="Name">The fork's name.</param>
public sealed record RunForgetting(
    IReadOnlyList<int> Samples, long? FirstUse, ManifestAddress From, BlobRef? FromManifest, string Name)
{
    /// <summary>Makes the fork; called again, it finds it.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The run that has learned from the samples.</param>
    /// <param name="samples">Numbers of samples, as the ledger has them.</param>
    /// <param name="name">The fork's name.</param>
    /// <param name="cancellationToken">Gives up; the fork is then there as a whole or not at all.</param>
    /// <exception cref="InvalidDataFileException">There is no such run, or it keeps no manifest from before the samples were used.</exception>
    /// <exception cref="InvalidTrainingSettingException">The data has no such samples, or there is another run of the fork's name.</exception>
    public static Task<RunForgetting> BeginAsync(
        IBlobStore store, string run, IReadOnlyList<int> samples, string name, CancellationToken cancellationToken) => RunReading.FollowAsync(
            store, ManifestAddress.Last(run), () => MakeAsync(store, run, samples, name, cancellationToken), cancellationToken);

    private static async Task<RunForgetting> MakeAsync(
        IBlobStore store, string run, IReadOnlyList<int> samples, string name, CancellationToken cancellationToken)
    {
        var manifests = await RunManifests.OfAsync(store, run, cancellationToken);
        var last = await manifests.ReadAsync(manifests.Last, cancellationToken);
        var plan = await RunPlan.Read(store, last, cancellationToken);
        int[] wanted = [.. samples.Distinct().Order()];
        int[] masked = [.. plan.Spec.MaskSamples.Union(wanted).Order()];
        SampleMask.Check(masked, plan.SampleCount);

        var forgotten = wanted.ToHashSet();
        var records = (await RunHistory.Read(store, last, cancellationToken)).Records;
        var firstUse = records.FirstOrDefault(r => r.Samples.Any(forgotten.Contains))?.Step;
        if (await FindForkAsync(store, plan.Spec with { RunName = name, MaskSamples = masked }, run, cancellationToken) is not { } from)
        {
            from = ManifestAddress.At(run, Before(manifests, last, plan.Spec, records, firstUse));
            var given = new GivenSettings();
            given.Set(RunSettings.Table.Of(nameof(TrainingSpec.MaskSamples)), masked);
            await RunFork.CreateAsync(store, from, name, given, cancellationToken);
        }

        return new RunForgetting(wanted, firstUse, from, manifests.Find(from), name);
    }

    // Where a call before this one has forked it. The run may not keep that manifest any more: the fork alone says what it is.
    private static async Task<ManifestAddress?> FindForkAsync(
        IBlobStore store, TrainingSpec spec, string run, CancellationToken cancellationToken)
    {
        if (!RunName.IsValid(spec.RunName) || await RunStore.ReadHeadAsync(store, spec.RunName, cancellationToken) is not { Manifest: { } blob })
            return null;
        var manifest = await RunStore.ReadManifestAsync(store, blob, cancellationToken);
        if (RunFork.OriginOf(manifest) is not { } origin || origin.Run != run) return null;
        var stored = await RunFiles.ReadSpecAsync(store, manifest, cancellationToken);
        if (stored.MaskSamples.ToHashSet().SetEquals(spec.MaskSamples)) spec = spec with { MaskSamples = stored.MaskSamples };
        return SpecComparison.Differences(stored, spec) is { Count: > 0 } differences
            ? throw new RunExistsException(spec.RunName, differences)
            : origin;
    }

    private static long Before(
        RunManifests manifests, Manifest last, TrainingSpec spec, IReadOnlyList<StepRecord> records, long? firstUse)
    {
        var (run, steps) = (manifests.Head.Run, RunFork.OwnSteps(manifests, last));
        var limit = firstUse ?? (last.Completed ? manifests.Head.Step : long.MaxValue);
        if (steps.LastOrDefault(s => s < limit && HasBest(s), -1) is >= 0 and var step) return step;
        var problem = firstUse is null
            ? $"learned from none of these samples, so what 'lisa export {run}' writes has forgotten them already"
            : $"first learned from one of these samples in step {firstUse}, and "
                + (RunFork.OriginOf(last) is { } origin && firstUse <= origin.Step
                    ? $"was forked from {origin}: let run '{origin.Run}' forget them{Others(spec)}, and fork that"
                    : $"keeps no manifest from before it{(steps.Any(s => s < limit) ? " with the best one up to there, which it may end with" : "")}: "
                        + $"it keeps {RunManifests.Describe(steps)}; train with --keep-manifests all, or base");
        throw new InvalidDataFileException($"run '{run}'", problem);

        static string Others(TrainingSpec spec) =>
            spec.MaskSamples is { Count: > 0 and var count } ? $" together with the {count} that are masked" : "";

        // What was the best up to there, and is not kept because a later one was better, may be what a run without the samples ends with.
        bool HasBest(long s) => !spec.LoadBestModelAtEnd || KeepPolicy.Of(spec).BestStep(records, s) is not { } best || best == s
            || manifests.Kept.Any(k => k.Step == best);
    }
}
