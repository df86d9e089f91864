using System.Diagnostics;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// The steps of a run in one generation, each a transaction: micro-batches, gradient norm, update, commit. A failure ends the
/// loop; the run then starts a new generation from the last manifest, and replays.
/// </summary>
internal sealed class TrainingLoop(
    RunPlan plan, Pipeline pipeline, RunReference reference, RunHistory history, RunJournal journal, ManifestWriter manifests, EventFeed feed,
    TimeProvider time, StopNotice notice, RunOptions options, Func<LoopOutcome?> interruption, Action<long> brokenOff, ILogger logger)
{
    private readonly IPairLoss? _pairLoss = Objectives.PairLoss(plan.Spec);
    private readonly RunTelemetry _telemetry = RunTelemetry.Of(plan.Spec.RunName);
    private (long Number, IReadOnlyList<int> Layers) _period = (-1, []);
    private (long Step, MicroBatch[] Batches) _built = (0, []);

    // Whether a step is in the weights, or on its way there, and not committed: then it can only be repeated.
    private bool _isUpdating;

    private TrainingSpec Spec => plan.Spec;

    /// <summary>The last committed step.</summary>
    public long Step { get; private set; } = manifests.Last.Step;

    // Whether nothing is left to train: all steps are done, or evaluations have not become better for too long.
    private bool IsOver =>
        Step >= plan.TotalSteps || (options.LastStepIsEnd && Step >= options.LastStep) || EarlyStopping.IsDue(Spec, history.Records);

    // Whether the evaluation that is due after the last committed step is still to be made.
    private bool EvaluationMissing => Step > 0 && IsEvaluated(Step) && history.Records[(int)Step - 1].EvalLoss is null;

    /// <summary>
    /// Trains to the end, or to the step boundary at which there is a reason to stop. When the notice is given, an evaluation is
    /// broken off at once and a step that takes too long is broken off too; the manifest is of the last committed step.
    /// </summary>
    public async Task<LoopOutcome> Run(CancellationToken cancellationToken)
    {
        await reference.Prepare(notice, cancellationToken);
        while (!IsOver || EvaluationMissing)
        {
            // Whatever was broken off leaves gradients behind, so this generation ends here in any case.
            if ((interruption() ?? (notice.IsGiven ? LoopOutcome.Replan : null)) is { } reason)
            {
                manifests.Begin(Step, completed: false, cancellationToken);
                await manifests.Complete();
                return reason;
            }

            if (EvaluationMissing) await EvaluateLate(cancellationToken);
            else await TrainUnlessBrokenOff(cancellationToken);
            manifests.ThrowIfFailed();
        }

        if (Step < plan.TotalSteps && Spec.EarlyStoppingPatience > 0) RunLog.EndedEarly(logger, Spec.RunName, Step, Spec.EarlyStoppingPatience);
        await manifests.LetChange(cancellationToken);
        await pipeline.EndTraining(cancellationToken);
        manifests.Begin(Step, completed: true, cancellationToken);
        await manifests.Complete();
        return LoopOutcome.Completed;
    }

    private async Task TrainUnlessBrokenOff(CancellationToken cancellationToken)
    {
        try
        {
            await TrainStep(Step + 1, cancellationToken);
        }
        catch (OperationCanceledException)
            when (!_isUpdating && notice.StepOver.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            brokenOff(Step + 1);
            return;
        }

        if (!IsOver && Spec.SaveSteps > 0 && Step % Spec.SaveSteps == 0 && !notice.IsGiven)
            manifests.Begin(Step, completed: false, cancellationToken);
    }

    private async Task TrainStep(long step, CancellationToken cancellationToken)
    {
        using var trace = _telemetry.Step(logger, step);
        var (started, stalled) = (Stopwatch.GetTimestamp(), manifests.Stalled);
        var period = Methods.PeriodOf(Spec, step);
        if (_period.Number != period)
        {
            using var phase = _telemetry.Phase(StepPhase.Period);
            _period = (period, (await pipeline.BeginPeriod(period, history, manifests.LetChange, cancellationToken)).Layers);
        }

        var batches = BatchesOf(step);
        var weight = MicroBatch.WeightOf(batches);

        // Until the update, nothing of the step is in the weights.
        using var revocable = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, notice.StepOver);
        MicroBatchResult[] results;
        using (_telemetry.Phase(StepPhase.Walk))
            results = await pipeline.Run(step, batches, train: true, lossScale: 1.0 / weight, revocable.Token);
        var loss = results.Sum(r => r.LossSum) / weight;
        if (!double.IsFinite(loss)) throw new TrainingDivergedException(step, loss);

        // As torch.nn.utils.clip_grad_norm_.
        double norm;
        IReadOnlyList<double> layerNorms;
        using (_telemetry.Phase(StepPhase.GradientNorm)) (norm, layerNorms) = await pipeline.GradientNorms(step, revocable.Token);
        if (!double.IsFinite(norm)) throw new TrainingDivergedException(step, norm);
        var clip = Spec.MaxGradNorm > 0 ? Math.Min(1, Spec.MaxGradNorm / (norm + 1e-6)) : 1;
        var learningRate = plan.LearningRate.At(step);
        await manifests.LetChange(cancellationToken);
        _isUpdating = true;
        var endsPeriod = Methods.EndsPeriod(Spec, step) || step == plan.TotalSteps;
        using (_telemetry.Phase(StepPhase.Apply))
            await pipeline.Apply(step, learningRate, clip, endsPeriod, NextAfter(step, endsPeriod), cancellationToken);
        if (endsPeriod)
        {
            using (_telemetry.Phase(StepPhase.Period)) await pipeline.EndPeriod(last: step == plan.TotalSteps, cancellationToken);
        }

        var record = new StepRecord
        {
            Step = step,
            Loss = loss,
            LearningRate = learningRate,
            GradNorm = norm,
            Epoch = plan.Batches.Epoch(step),
            ActiveLayers = _period.Layers,
            LayerGradNorms = layerNorms,
            Tokens = batches.Sum(b => (long)b.TokenCount),
            Samples = [.. batches.SelectMany(b => b.SampleIds)],
            Seconds = (Stopwatch.GetElapsedTime(started) - (manifests.Stalled - stalled)).TotalSeconds,
            Time = time.GetUtcNow(),
        };
        if (_pairLoss is not null)
        {
            var means = new PairMeans(_pairLoss);
            foreach (var (batch, result) in batches.Zip(results)) means.Add(batch, result.LogProbs);
            record = record with { Rewards = means.Rewards };
        }

        if (IsEvaluated(step) && await Evaluate(step, cancellationToken) is var (eval, rewards))
            record = record with { EvalLoss = eval, EvalRewards = rewards };

        (Step, _isUpdating) = (step, false);
        history.Add(record);
        if (IsEvaluated(step)) journal.NoteEvaluation(record, isTold: false);
        _telemetry.Completed(record);
        ReplicaTelemetry.Completed(Spec.RunName, pipeline);
        feed.Signal();
    }

    private MicroBatch[] BatchesOf(long step)
    {
        if (_built.Step != step) _built = (step, [.. plan.Batches.MicroBatches(step).Select(reference.Build)]);
        return _built.Batches;
    }

    // Null where an evaluation may come before the next step, or a part be frozen: they need all weights.
    private MicroBatch[]? NextAfter(long step, bool endsPeriod) =>
        pipeline.Stages.Replicas == 1 || IsEvaluated(step) || endsPeriod || step == options.LastStep
            ? null : BatchesOf(step + 1);

    private bool IsEvaluated(long step) =>
        plan.EvalBuilder is not null && ((Spec.EvalSteps > 0 && step % Spec.EvalSteps == 0) || step == plan.TotalSteps);

    private async Task EvaluateLate(CancellationToken cancellationToken)
    {
        var record = history.Records[(int)Step - 1];
        if (await Evaluate(Step, cancellationToken) is not var (loss, rewards)) return;
        record = record with { EvalLoss = loss, EvalRewards = rewards };
        history.Replace(record);
        journal.NoteEvaluation(record, isTold: true);
        _telemetry.Evaluated(loss);
    }

    // Null where it was broken off.
    private async Task<(double Loss, PairRewards? Rewards)?> Evaluate(long step, CancellationToken cancellationToken)
    {
        using var phase = _telemetry.Phase(StepPhase.Evaluation);
        using var revocable = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, notice.Given);
        var (sum, weight, means) = (0.0, 0.0, new PairMeans(_pairLoss));
        try
        {
            // So many that the pipelines are full most of the time.
            foreach (var samples in plan.EvalBatches.Chunk(pipeline.InFlight > 1 ? 4 * pipeline.InFlight : 1))
            {
                revocable.Token.ThrowIfCancellationRequested();
                MicroBatch[] batches = [.. samples.Select(reference.BuildEvaluation)];
                foreach (var (batch, result) in batches.Zip(await pipeline.Run(step, batches, train: false, lossScale: 1, revocable.Token)))
                {
                    means.Add(batch, result.LogProbs);
                    (sum, weight) = (sum + result.LossSum, weight + batch.LossWeight);
                }
            }
        }
        catch (OperationCanceledException) when (notice.IsGiven && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        var mean = sum / (weight > 0 ? weight : 1);
        return double.IsFinite(mean) ? (mean, means.Rewards) : throw new TrainingDivergedException(step, mean);
    }
}
