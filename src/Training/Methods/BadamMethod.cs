namespace LisaOrleans.Training;

/// <summary>
/// BAdam (Luo, Yu and Li, arXiv 2404.02827): block coordinate descent with the decoder layers as blocks. One layer trains for K
/// steps with fresh optimizer state, then the next, and each sweep over all layers has a new random order. Embedding and head are
/// no blocks, as in the authors' program.
/// </summary>
internal sealed class BadamMethod : ITrainingMethod
{
    private static readonly ReshuffledSampler s_sweep = new();

    public string Name => TrainingMethods.Badam;

    public string Describe(TrainingSpec spec) =>
        $"BAdam: one layer at a time for {spec.BadamSwitchInterval} steps each; embedding and head frozen";

    public long? PeriodSteps(TrainingSpec spec) => spec.BadamSwitchInterval;

    public PeriodPlan Plan(SamplingTurn turn) =>
        new(PartTraining.Frozen, s_sweep.Select(turn with { Spec = turn.Spec with { LisaActivatedLayers = 1 } }));

    public PartTraining Ends(TrainingSpec spec) => PartTraining.Frozen;

    public int MostLayers(TrainingSpec spec, int layerCount) => 1;
}
