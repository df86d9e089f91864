namespace LisaOrleans.Training;

/// <summary>Every parameter trains from the first step to the last: ordinary fine-tuning, the baseline.</summary>
internal sealed class FullMethod : ITrainingMethod
{
    public string Name => TrainingMethods.Full;

    public string Describe(TrainingSpec spec) => "full fine-tuning";

    public PeriodPlan Plan(SamplingTurn turn) => new(PartTraining.Whole, [.. Enumerable.Range(0, turn.LayerCount)]);

    public PartTraining Ends(TrainingSpec spec) => PartTraining.Whole;

    public int MostLayers(TrainingSpec spec, int layerCount) => layerCount;

    public SettingProblem? Check(TrainingSpec spec, int layerCount) => spec.TrainEmbeddings
        ? null
        : new SettingProblem(
            nameof(spec.TrainEmbeddings),
            "is false, but {method} full trains every parameter; to train all layers without embedding and head, use {method} lisa "
            + $"with {{lisa_activated_layers}} {layerCount}, and {{lisa_interval_steps}} of at least all steps, or their optimizer state "
            + "begins anew each time");
}
