using System.Diagnostics;
using LisaOrleans.Data;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Grains;

/// <summary>
/// The steps of a run in one generation, each a transaction: micro-batches, gradient norm, update, commit. A failure
/// leaves it; the run then starts a new generation from the last manifest, and replays.
/// </summary>
internal sealed class TrainingLoop(
    RunPlan plan, Pipeline pipeline, RunHistory history, ManifestWriter manifests, EventFeed feed, TimeProvider time, Func<LoopOutcome?> interruption,
    ILogger logger)
{
    private readonly RunTelemetry _telemetry = RunTelemetry.Of(plan.Spec.RunName);
    private (long Period, IReadOnlyList<int> Layers) _active = (-1, []);

    private TrainingSpec Spec => plan.Spec;

    /// <summary>The last committed step.</summary>
    public long Step { get; private set; } = manifests.Last.Step;

    /// <summary>Trains to the end, or to the step boundary at which there is a reason to stop.</summary>
    public async Task<LoopOutcome> Run(CancellationToken cancellationToken)
    {
        while (Step < plan.TotalSteps)
        {
            if (interruption() is { } reason)
            {
                await manifests.Begin(Step, completed: false, cancellationToken);
                await manifests.Complete();
                return reason;
            }

            await TrainStep(Step + 1, cancellationToken);
            manifests.ThrowIfFailed();
            if (Step < plan.TotalSteps && Spec.SaveSteps > 0 && Step % Spec.SaveSteps == 0)
                await manifests.Begin(Step, completed: false, cancellationToken);
        }

        await pipeline.SetEndsTrainable(trainable: false, cancellationToken);
        await manifests.Begin(Step, completed: true, cancellationToken);
        await manifests.Complete();
        return LoopOutcome.Completed;
    }

    private async Task TrainStep(long step, CancellationToken cancellationToken)
    {
        using var trace = _telemetry.Step(logger, step);
        var started = Stopwatch.GetTimestamp();
        var period = LayerSampling.PeriodOf(Spec, step);
        if (_active.Period != period)
        {
            using (_telemetry.Phase(StepPhase.Period)) _active = (period, await pipeline.BeginPeriod(period, cancellationToken));
        }

        var batches = plan.Batches.MicroBatches(step).Select(samples => plan.Builder.Build(samples)).ToArray();
        var labels = batches.Sum(b => b.LabelCount);
        MicroBatchResult[] results;
        using (_telemetry.Phase(StepPhase.Walk))
            results = await pipeline.Run(step, batches, train: true, lossScale: 1.0 / Math.Max(1, labels), cancellationToken);
        var loss = results.Sum(r => r.LossSum) / Math.Max(1, labels);
        if (!double.IsFinite(loss)) throw new TrainingDivergedException(step, loss);

        // As torch.nn.utils.clip_grad_norm_.
        double norm;
        using (_telemetry.Phase(StepPhase.GradientNorm)) norm = await pipeline.GradientNorm(step, cancellationToken);
        if (!double.IsFinite(norm)) throw new TrainingDivergedException(step, norm);
        var clip = Spec.MaxGradNorm > 0 ? Math.Min(1, Spec.MaxGradNorm / (norm + 1e-6)) : 1;
        var learningRate = plan.LearningRate.At(step);
        using (_telemetry.Phase(StepPhase.Apply)) await pipeline.Apply(step, learningRate, clip, cancellationToken);
        if (LayerSampling.EndsPeriod(Spec, step) || step == plan.TotalSteps)
        {
            using (_telemetry.Phase(StepPhase.Period)) await pipeline.EndPeriod(period, cancellationToken);
        }

        var record = new StepRecord
        {
            Step = step,
            Loss = loss,
            LearningRate = learningRate,
            GradNorm = norm,
            Epoch = plan.Batches.Epoch(step),
            ActiveLayers = _active.Layers,
            Tokens = batches.Sum(b => (long)b.TokenCount),
            Samples = [.. batches.SelectMany(b => b.SampleIds)],
            Seconds = Stopwatch.GetElapsedTime(started).TotalSeconds,
            Time = time.GetUtcNow(),
        };
        if (plan.EvalBuilder is not null && ((Spec.EvalSteps > 0 && step % Spec.EvalSteps == 0) || step == plan.TotalSteps))
            record = record with { EvalLoss = await Evaluate(step, cancellationToken) };

        Step = step;
        history.Add(record);
        _telemetry.Completed(record);
        feed.Signal();
    }

    private async Task<double> Evaluate(long step, CancellationToken cancellationToken)
    {
        using var phase = _telemetry.Phase(StepPhase.Evaluation);
        var (sum, count) = (0.0, 0L);
        foreach (var samples in plan.EvalBatches)
        {
            MicroBatch[] batch = [plan.EvalBuilder!.Build(samples)];
            var result = (await pipeline.Run(step, batch, train: false, lossScale: 1, cancellationToken))[0];
            (sum, count) = (sum + result.LossSum, count + result.LabelCount);
        }

        var mean = sum / Math.Max(1, count);
        return double.IsFinite(mean) ? mean : throw new TrainingDivergedException(step, mean);
    }
}
