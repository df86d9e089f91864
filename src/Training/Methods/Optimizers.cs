using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>The optimizers: the values of <see cref="TrainingSpec.Optim"/>.</summary>
public static class Optimizers
{
    internal const string AdamW8Bit = "adamw-8bit";

    /// <summary>All of them.</summary>
    public static NamedList<NamedOptimizer> All { get; } = new(
        "optimizer",
        new NamedOptimizer("adamw", AdamWOf),
        new NamedOptimizer(AdamW8Bit, spec => new AdamW8Bit(AdamWOf(spec), spec.KeepsSmallMoments)),
        new NamedOptimizer("muon", spec => new Muon(AdamWOf(spec))),
        new NamedOptimizer(
            TrainingMethods.Galore,
            spec => new GaLore(AdamWOf(spec), spec.GaloreRank, spec.GaloreUpdateProjGap, spec.GaloreScale, spec.RevisedUpdates)),
        new NamedOptimizer(
            TrainingMethods.Apollo,
            spec => new Apollo(
                AdamWOf(spec), spec.ApolloRank, spec.ApolloUpdateProjGap, spec.ApolloScale, spec.ApolloScaleType == "tensor", spec.Seed,
                spec.RevisedUpdates)));

    /// <summary>The optimizer of a run, as its method names it, with the run's settings.</summary>
    public static IPartOptimizer Of(TrainingSpec spec) => All[Methods.Of(spec).Optimizer(spec)].Create(spec);

    private static AdamW AdamWOf(TrainingSpec spec) => new(
        spec.AdamBeta1, spec.AdamBeta2, spec.AdamEpsilon, spec.WeightDecay,
        spec.StochasticRounding ? new StochasticRounding(spec.Seed) { InPieces = spec.RoundsInPieces } : null, spec.DecaysSinks);
}
