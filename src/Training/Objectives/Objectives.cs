using System.Globalization;
using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>The objectives: the values of <see cref="TrainingSpec.Objective"/>.</summary>
public static class Objectives
{
    /// <summary>All of them.</summary>
    public static NamedList<NamedObjective> All { get; } = new(
        "objective",
        new NamedObjective(TrainingObjectives.Sft, null, _ => ""),
        new NamedObjective(
            TrainingObjectives.Dpo, spec => new DpoLoss(spec.Beta, spec.LabelSmoothing), spec => Words("DPO", spec)),
        new NamedObjective(TrainingObjectives.Orpo, spec => new OrpoLoss(spec.Beta), spec => Words("ORPO", spec)));

    /// <summary>A run's loss over pairs of answers; null where it learns from single samples.</summary>
    public static IPairLoss? PairLoss(TrainingSpec spec) => All[spec.Objective].PairLoss?.Invoke(spec);

    /// <summary>Whether a run learns from pairs of answers: its samples 2i and 2i + 1 are the chosen and the rejected one.</summary>
    public static bool IsOfPairs(TrainingSpec spec) => All[spec.Objective].PairLoss is not null;

    /// <summary>Sequences that belong together, of which <see cref="TrainingSpec.PerDeviceTrainBatchSize"/> counts one.</summary>
    public static int SequencesOf(TrainingSpec spec) => IsOfPairs(spec) ? 2 : 1;

    /// <summary>The objective in words, to follow those of the method; empty where there is nothing to say.</summary>
    public static string Describe(TrainingSpec spec) => All.FirstOrDefault(o => o.Name == spec.Objective)?.Describe(spec) ?? "";

    /// <summary>Checks that records become what the objective learns from.</summary>
    /// <exception cref="InvalidTrainingSettingException">A setting of the data does not go with it.</exception>
    public static void CheckData(TrainingSpec spec, DatasetSettings data)
    {
        if (!IsOfPairs(spec)) return;
        if (data.Format is { } format && format != DatasetFormats.Pairs)
        {
            throw Wrong(
                nameof(data.Format),
                $"is '{format}', but {{objective}} {spec.Objective} learns from pairs; it must be {DatasetFormats.Pairs}, or left out");
        }

        if (data.TrainOnPrompt) throw Unused(nameof(data.TrainOnPrompt));
        if (data.PromptField is not null) throw Unused(nameof(data.PromptField));
        if (data.CompletionField is not null) throw Unused(nameof(data.CompletionField));
        if (data.TextField is not null) throw Unused(nameof(data.TextField));

        InvalidTrainingSettingException Unused(string property) => Wrong(property, $"is not used with {{objective}} {spec.Objective}; leave it out");
    }

    /// <summary>
    /// Checks for a new run that what its pairs are compared with does not depend on the rows beside them: a model whose rotary frequencies are
    /// others in longer micro-batches would be one model when it scores the pairs and another when it trains on them.
    /// </summary>
    /// <param name="spec">The settings.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="InvalidTrainingSettingException">It does.</exception>
    public static void CheckLengths(TrainingSpec spec, ModelConfig config)
    {
        var longest = config.LongestAlike(spec.BlockSize);
        if (longest < spec.BlockSize && PairLoss(spec) is { NeedsReference: true })
        {
            throw Wrong(
                nameof(spec.BlockSize),
                $"is {spec.BlockSize}, but this model rotates all rows of a micro-batch otherwise where one of them has more than {longest} "
                + $"tokens (rope_scaling in config.json), so that {{objective}} {spec.Objective} would compare pairs with another model; it "
                + $"must be at most {longest}");
        }
    }

    private static InvalidTrainingSettingException Wrong(string property, string problem) => new(RunSettings.Table.Of(property).Name, problem);

    private static string Words(string name, TrainingSpec spec) => string.Create(CultureInfo.InvariantCulture, $"; {name}, beta {spec.Beta}");
}
