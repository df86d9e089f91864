using System.Globalization;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>Events as lines for people.</summary>
internal static class RunText
{
    public static string? Line(TrainingEvent happened, long total, double remaining) => happened switch
    {
        StepCompleted { Record: var r } => string.Create(
            CultureInfo.InvariantCulture,
            $"step {r.Step}/{total}  loss {r.Loss:0.0000}{Rewards(r.Rewards)}  lr {r.LearningRate:0.00e+00}  grad {r.GradNorm:0.00}  "
            + $"layers {Layers(r.ActiveLayers)}  {r.Tokens / Math.Max(r.Seconds, 1e-9):0} tokens/s  "
            + $"{Duration.Text(TimeSpan.FromSeconds(remaining))} left"),
        ManifestSaved m => string.Create(
            CultureInfo.InvariantCulture,
            $"manifest of step {m.Step} saved: {m.BytesWritten / 1e6:0.0} MB, training paused for {m.StallSeconds * 1000:0} ms"),
        PartsPlaced { MixedKinds: { Count: > 0 } kinds } =>
            "from here on the bits are those of no single kind of processor or GPU, because these have computed the run: "
            + RunKinds.Describe(kinds),
        RunRecovering { FailedStep: 0 } r => $"{r.Reason}; going on from the manifest of step {r.ManifestStep}",
        RunRecovering r => $"{r.Reason}; going on after step {r.ManifestStep}, from its manifest",
        RunEnded { State: RunState.Failed } e => $"failed after step {e.Step}: {e.Error}",
        _ => null,
    };

    /// <summary>The evaluation after a step, where there was one.</summary>
    public static string? Evaluation(TrainingEvent happened) => happened switch
    {
        StepCompleted { Record: { EvalLoss: { } loss } r } => Evaluation(r.Step, loss, r.EvalRewards),
        StepEvaluated e => Evaluation(e.Step, e.EvalLoss, e.Rewards),
        _ => null,
    };

    /// <summary>The steps of a run that is complete, and whether it was to take more.</summary>
    public static string Steps(long taken, long planned) =>
        taken < planned ? $"ended early, after {taken} of {Quantity.Of(planned, "step")}" : Quantity.Of(taken, "step");

    public static string Layers(IReadOnlyList<int> layers) => layers.Count == 0 ? "none" : string.Join(',', layers);

    /// <summary>How many manifests a run keeps, and their bytes.</summary>
    public static string Manifests(int count, long bytes) => string.Create(
        CultureInfo.InvariantCulture, $"{count} manifest{(count == 1 ? "" : "s")}, {bytes / 1e6:0.0} MB");

    /// <summary>The loss of an evaluation and what it says; one over pairs has no perplexity.</summary>
    public static string Losses(double loss, PairRewards? rewards) => string.Create(CultureInfo.InvariantCulture, $"{loss:0.0000}")
        + (rewards is null ? string.Create(CultureInfo.InvariantCulture, $", perplexity {Math.Exp(loss):0.00}") : Rewards(rewards));

    private static string Evaluation(long step, double loss, PairRewards? rewards) => $"evaluation after step {step}: loss {Losses(loss, rewards)}";

    private static string Rewards(PairRewards? rewards) => rewards is null
        ? ""
        : string.Create(CultureInfo.InvariantCulture, $"  margin {rewards.Margins:0.000}  right {rewards.Accuracies:0.00}");
}
