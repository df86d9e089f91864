using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>The optimizers that a training method may name.</summary>
public static class Optimizers
{
    /// <summary>AdamW, with the moments in the run's <see cref="TrainingSpec.OptimizerStateDtype"/>.</summary>
    public const string AdamW = "adamw";

    /// <summary>All of them.</summary>
    public static NamedList<NamedOptimizer> All { get; } = new(
        "optimizer",
        new NamedOptimizer(AdamW, spec => new AdamW(spec.AdamBeta1, spec.AdamBeta2, spec.AdamEpsilon, spec.WeightDecay)));

    /// <summary>The optimizer of a run, as its method names it, with the run's settings.</summary>
    public static IPartOptimizer Of(TrainingSpec spec) => All[Methods.Of(spec).Optimizer(spec)].Create(spec);
}
