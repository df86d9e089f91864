using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// What a run compares its answers with, where its objective asks for that: their log probabilities under the model that the run
/// began with. They are in the manifest or remembered in the store; else the run's own parts score all data once, before anything
/// trains. That can be interrupted, and goes on where it was.
/// </summary>
internal sealed class RunReference(IBlobStore store, RunPlan plan, Pipeline pipeline, ManifestWriter manifests, TimeProvider time, ILogger logger)
{
    // Scored between two looks at the clock and at what else is wanted of the run.
    private const int MicroBatchesAtOneTime = 8;

    private static readonly TimeSpan s_savePeriod = TimeSpan.FromMinutes(1);

    private readonly ReferenceCache _cache = new(store);
    private double[]? _training;
    private double[]? _evaluation;

    /// <summary>Finds the log probabilities, or makes them.</summary>
    /// <param name="notice">Breaks that off.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task Prepare(StopNotice notice, CancellationToken cancellationToken)
    {
        if (Objectives.PairLoss(plan.Spec) is not { NeedsReference: true }) return;
        var manifest = manifests.Last;
        if (manifest.ReferenceLogProbs is { } known)
        {
            _training = await _cache.ReadAsync(known, cancellationToken);
            if (manifest.EvalReferenceLogProbs is { } eval) _evaluation = await _cache.ReadAsync(eval, cancellationToken);
            return;
        }

        if (manifest.Step > 0)
        {
            throw new InvalidDataFileException(
                $"manifest of {manifest.Run}", "field 'ReferenceLogProbs' is missing, and the run has trained already");
        }

        var training = await Find(manifest.Dataset!, plan.ReferenceBuilder, plan.Samples, notice, cancellationToken);
        var evaluation = plan.EvalBuilder is null || training.Blob is null
            ? default
            : await Find(manifest.EvalDataset!, plan.EvalBuilder, plan.EvalSamples, notice, cancellationToken);
        if (training.Blob is null || (plan.EvalBuilder is not null && evaluation.Blob is null)) return;
        (_training, _evaluation) = (training.LogProbs, evaluation.LogProbs);
        manifests.NameReference(training.Blob, evaluation.Blob);
    }

    /// <summary>A micro-batch of training data with what it is compared with.</summary>
    public MicroBatch Build(int[] rows) => plan.Builder.Build(rows, _training);

    /// <summary>The same for evaluation data.</summary>
    public MicroBatch BuildEvaluation(int[] rows) => plan.EvalBuilder!.Build(rows, _evaluation);

    // The blob is null where it was broken off.
    private async Task<(double[] LogProbs, BlobRef? Blob)> Find(
        BlobRef data, MicroBatchBuilder builder, int samples, StopNotice notice, CancellationToken cancellationToken)
    {
        var key = ReferenceCache.Key(manifests.Last, plan.Spec, data);
        var (known, blob) = await _cache.FindAsync(key, cancellationToken);
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
