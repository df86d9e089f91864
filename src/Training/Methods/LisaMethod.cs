namespace LisaOrleans.Training;

/// <summary>
/// LISA (arXiv 2403.17919): in each period of K steps, gamma sampled decoder layers train; embedding, final norm and head always
/// do.
/// </summary>
internal sealed class LisaMethod : ITrainingMethod
{
    public string Name => TrainingMethods.Lisa;

    public string Describe(TrainingSpec spec) =>
        $"LISA: {Sampler(spec).MostLayers(spec)} layers for {spec.LisaIntervalSteps} steps each, strategy {spec.LisaStrategy}"
        + (spec.TrainEmbeddings ? "" : "; embedding and head frozen");

    public long? PeriodSteps(TrainingSpec spec) => spec.LisaIntervalSteps;

    public PeriodPlan Plan(SamplingTurn turn) => new(Ends(turn.Spec), Sampler(turn.Spec).Select(turn));

    public PartTraining Ends(TrainingSpec spec) => spec.TrainEmbeddings ? PartTraining.Whole : PartTraining.Frozen;

    public bool LearnsFromHistory(TrainingSpec spec) => Sampler(spec).LearnsFromHistory;

    public bool LooksAtWeights(TrainingSpec spec) => Sampler(spec).LooksAtWeights;

    public int MostLayers(TrainingSpec spec, int layerCount) => Math.Min(Sampler(spec).MostLayers(spec), layerCount);

    // A fresh optimizer's first updates are as long as later ones, though it knows one gradient only.
    public double LayerRate(TrainingSpec spec, long step) =>
        spec.LisaWarmupSteps == 0 ? 1 : Math.Min(1, (((step - 1) % spec.LisaIntervalSteps) + 1.0) / spec.LisaWarmupSteps);

    public PartTraining Idle(TrainingSpec spec) => spec.LisaKeepOptimizerState ? PartTraining.Asleep : PartTraining.Frozen;

    public SettingProblem? Check(TrainingSpec spec, int layerCount) =>
        Sampler(spec).Check(spec, layerCount) is { } wrong ? wrong
        : spec.LisaWarmupSteps > spec.LisaIntervalSteps
            ? new SettingProblem(
                nameof(spec.LisaWarmupSteps), $"is {spec.LisaWarmupSteps}; it must be at most {spec.LisaIntervalSteps}, {{lisa_interval_steps}}")
        : MostLayers(spec, layerCount) > 0 || spec.TrainEmbeddings ? null
        : new SettingProblem(nameof(spec.LisaActivatedLayers), "is 0 and {train_embeddings} is false: nothing would train");

    private static ILayerSampler Sampler(TrainingSpec spec) => LayerSamplers.All[spec.LisaStrategy];
}
