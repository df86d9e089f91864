namespace LisaOrleans.Training;

/// <summary>
/// Every parameter trains from the first step to the last, matrices by <see cref="Model.Apollo"/>: full fine-tuning with the optimizer
/// state of a low rank, down to 1.
/// </summary>
internal sealed class ApolloMethod : ITrainingMethod
{
    public string Name => TrainingMethods.Apollo;

    public string Describe(TrainingSpec spec) =>
        $"APOLLO: all layers, steps scaled by {spec.ApolloScaleType} in rank {spec.ApolloRank}"
        + (spec.TrainEmbeddings ? "" : "; embedding and head frozen");

    public PeriodPlan Plan(SamplingTurn turn) => new(Ends(turn.Spec), [.. Enumerable.Range(0, turn.LayerCount)]);

    public PartTraining Ends(TrainingSpec spec) => spec.TrainEmbeddings ? PartTraining.Whole : PartTraining.Frozen;

    public int MostLayers(TrainingSpec spec, int layerCount) => layerCount;

    public string Optimizer(TrainingSpec spec) => TrainingMethods.Apollo;
}
