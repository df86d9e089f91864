using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// What a run compares its answers with, where its objective asks for that: their log probabilities under the model that the run
/// began with. They are in the manifest or remembered in the store; else the run's own parts score all data once, before anything
/// trains. That can be interrupted, and goes on where it was. What is damaged is made anew in the same way, for which the parts of a
/// run that has trained go back to the manifest of step 0 as long as that is kept.
/// </summary>
internal sealed class RunReference(
    IBlobStore store, RunPlan plan, Pipeline pipeline, IReadOnlyList<string> kinds, ManifestWriter manifests, RunJournal journal,
    TimeProvider time, ILogger logger)
{
    // Scored between two looks at the clock and at what else is wanted of the run.
    private const int MicroBatchesAtOneTime = 8;

    private static readonly TimeSpan s_savePeriod = TimeSpan.FromMinutes(1);

    private readonly ReferenceCache _cache = new(store);
    private readonly HashSet<string> _told = [];
    private double[]? _training;
    private double[]? _evaluation;

    /// <summary>Finds the log probabilities, or makes them; the run's manifest names them from then on.</summary>
    /// <param name="notice">Breaks that off.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task Prepare(StopNotice notice, CancellationToken cancellationToken)
    {
        if (Objectives.PairLoss(plan.Spec) is not { NeedsReference: true }) return;
        var manifest = manifests.Last;
        var training = await Get(
            manifest.ReferenceLogProbs, nameof(Manifest.ReferenceLogProbs), manifest.Dataset!, plan.ReferenceBuilder, plan.Samples, notice,
            cancellationToken);
        if (training.Blob is null) return;
        var evaluation = plan.EvalBuilder is null
            ? default
            : await Get(
                manifest.EvalReferenceLogProbs, nameof(Manifest.EvalReferenceLogProbs), manifest.EvalDataset!, plan.EvalBuilder, plan.EvalSamples,
                notice, cancellationToken);
        if (plan.EvalBuilder is not null && evaluation.Blob is null) return;
        (_training, _evaluation) = (training.LogProbs, evaluation.LogProbs);
        await manifests.NameReference(training.Blob, evaluation.Blob, cancellationToken);
    }

    /// <summary>A micro-batch of training data with what it is compared with.</summary>
    public MicroBatch Build(int[] rows) => plan.Builder.Build(rows, _training);

    /// <summary>The same for evaluation data.</summary>
    public MicroBatch BuildEvaluation(int[] rows) => plan.EvalBuilder!.Build(rows, _evaluation);

    // The blob is null where it was broken off.
    private async Task<(double[] LogProbs, BlobRef? Blob)> Get(
        BlobRef? named, string field, BlobRef data, MicroBatchBuilder builder, int samples, StopNotice notice, CancellationToken cancellationToken)
    {
        var manifest = manifests.Last;
        if (named is null)
        {
            return manifest.Step == 0
                ? await Find(manifest, data, builder, samples, notice, cancellationToken)
                : throw new InvalidDataFileException($"manifest of {manifest.Run}", $"field '{field}' is missing, and the run has trained already");
        }

        try
        {
            return (await _cache.ReadAsync(named, cancellationToken), named);
        }
        catch (DamagedBlobException damage)
        {
            if (manifest.Step == 0)
            {
                Tell(damage);
                return await Find(manifest, data, builder, samples, notice, cancellationToken);
            }

            if (await RunFork.FindBeginningAsync(store, manifest, cancellationToken) is not { } beginning) throw;
            Tell(damage);
            await pipeline.Load(beginning, null, cancellationToken);
            var made = await Find(beginning, data, builder, samples, notice, cancellationToken);
            await pipeline.Load(manifest, null, cancellationToken);

            // A fork may have other settings, by which sums are rounded otherwise than those that it has learned from.
            if (made.Blob is not null && made.Blob != named) throw;
            return made;
        }
    }

    // The blob is null where it was broken off.
    private async Task<(double[] LogProbs, BlobRef? Blob)> Find(
        Manifest beginning, BlobRef data, MicroBatchBuilder builder, int samples, StopNotice notice, CancellationToken cancellationToken)
    {
        var key = ReferenceCache.Key(beginning, plan.Spec, data, kinds);
        var (known, blob, damage) = await _cache.FindAsync(key, cancellationToken);
        if (damage is not null) Tell(damage);
        if (known.Length == samples) return (known, blob);
        if (known.Length > samples) known = [];
        RunLog.Scoring(logger, plan.Spec.RunName, samples, known.Length);

        var (logProbs, done, saved) = (new double[samples], known.Length, time.GetTimestamp());
        known.CopyTo(logProbs, 0);
        foreach (var group in BatchPlans.InOrder(plan.Spec, samples).Where(b => 2 * b[0] >= known.Length).Chunk(MicroBatchesAtOneTime))
        {
            if (!await Score(builder, group, logProbs, notice, cancellationToken)) break;
            done = 2 * (group[^1][^1] + 1);
            if (time.GetElapsedTime(saved) < s_savePeriod) continue;
            await _cache.AddAsync(key, logProbs.AsMemory(0, done), cancellationToken);
            saved = time.GetTimestamp();
        }

        blob = await _cache.AddAsync(key, logProbs.AsMemory(0, done), cancellationToken);
        return (logProbs, done == samples ? blob : null);
    }

    // Once, though manifest and cache may both name the same blob.
    private void Tell(DamagedBlobException damage)
    {
        if (!_told.Add(damage.Sha256)) return;
        var state = damage is BlobMissingException ? "missing" : "damaged";
        var reason = $"what answers are compared with (blob {damage.Sha256}) is {state} and is made anew";
        RunLog.ReferenceDamaged(logger, damage, plan.Spec.RunName, reason);
        journal.Note(new RunRecovering(0, manifests.Last.Step, reason));
    }

    private async Task<bool> Score(
        MicroBatchBuilder builder, int[][] batches, double[] logProbs, StopNotice notice, CancellationToken cancellationToken)
    {
        using var revocable = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, notice.Given);
        MicroBatchResult[] results;
        try
        {
            revocable.Token.ThrowIfCancellationRequested();
            results = await pipeline.Run(0, [.. batches.Select(b => builder.Build(b))], train: false, lossScale: 1, revocable.Token);
        }
        catch (OperationCanceledException) when (notice.IsGiven && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        foreach (var (pairs, result) in batches.Zip(results))
        {
            foreach (var (row, value) in result.LogProbs!.Index())
                logProbs[(2 * pairs[row / 2]) + (row % 2)] = double.IsFinite(value) ? value : throw new TrainingDivergedException(0, value);
        }

        return true;
    }
}
