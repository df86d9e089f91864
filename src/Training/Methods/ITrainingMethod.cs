using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>
/// Says what trains in a run, when, in which form, and how it is updated. To add one: a class beside these, and a line in
/// <see cref="Methods"/>.
/// </summary>
public interface ITrainingMethod : INamed
{
    /// <summary>The method with these settings in a few words, for plans, the status of runs, the dashboard and jobs.</summary>
    string Describe(TrainingSpec spec);

    /// <summary>Optimizer steps of a period; null for one period without an end.</summary>
    long? PeriodSteps(TrainingSpec spec) => null;

    /// <summary>
    /// What trains in a period, and how. A pure function of its argument. Where adapters train, layers that have none are left out afterwards.
    /// </summary>
    PeriodPlan Plan(SamplingTurn turn);

    /// <summary>Whether <see cref="Plan"/> depends on the steps before the period.</summary>
    bool LearnsFromHistory(TrainingSpec spec) => false;

    /// <summary>Whether <see cref="Plan"/> depends on the weights that the run begins with.</summary>
    bool LooksAtWeights(TrainingSpec spec) => false;

    /// <summary>The most decoder layers that train at one time, which decides the memory.</summary>
    int MostLayers(TrainingSpec spec, int layerCount);

    /// <summary>How embedding and head train, which does not depend on the period.</summary>
    PartTraining Ends(TrainingSpec spec) => spec.TrainEmbeddings ? PartTraining.Whole : PartTraining.Frozen;

    /// <summary>What the schedule's learning rate is multiplied by for decoder layers in a step, counted from 1.</summary>
    double LayerRate(TrainingSpec spec, long step) => 1;

    /// <summary>What becomes of a decoder layer that does not train in a period.</summary>
    PartTraining Idle(TrainingSpec spec) => PartTraining.Frozen;

    /// <summary>What is wrong with the settings of the method; null if they are right.</summary>
    SettingProblem? Check(TrainingSpec spec, int layerCount) => null;

    /// <summary>The same, where it depends on more of the model than its number of layers.</summary>
    SettingProblem? Check(TrainingSpec spec, ModelConfig config) => Check(spec, config.NumHiddenLayers);

    /// <summary>Parameters that layers get in addition, and that train instead of their weights; null for none.</summary>
    LoraOptions? Adapters(TrainingSpec spec) => null;

    /// <summary>How weights that do not train lie in memory: a name in <see cref="WeightForms"/>.</summary>
    string FrozenWeights(TrainingSpec spec) => spec.FrozenWeights;

    /// <summary>How parameters that train are updated: a name in <see cref="Optimizers"/>.</summary>
    string Optimizer(TrainingSpec spec) => spec.Optim;
}
