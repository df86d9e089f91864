namespace LisaOrleans.Training;

/// <summary>
/// Every parameter trains from the first step to the last, matrices by <see cref="Model.GaLore"/>: full fine-tuning with the optimizer
/// state of a low rank.
/// </summary>
internal sealed class GaloreMethod : ITrainingMethod
{
    public string Name => TrainingMethods.Galore;

    public string Describe(TrainingSpec spec) =>
        $"GaLore: all layers, gradients projected to rank {spec.GaloreRank}" + (spec.TrainEmbeddings ? "" : "; embedding and head frozen");

    public PeriodPlan Plan(SamplingTurn turn) => new(Ends(turn.Spec), [.. Enumerable.Range(0, turn.LayerCount)]);

    public PartTraining Ends(TrainingSpec spec) => spec.TrainEmbeddings ? PartTraining.Whole : PartTraining.Frozen;

    public int MostLayers(TrainingSpec spec, int layerCount) => layerCount;

    public string Optimizer(TrainingSpec spec) => TrainingMethods.Galore;
}
