using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Checks a run's settings: each by the table, then against each other and against the model.</summary>
public static class TrainingSpecValidator
{
    /// <summary>Checks settings with nothing left to be chosen.</summary>
    /// <param name="spec">The settings; see <see cref="DerivedSettings"/>.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="InvalidTrainingSettingException">Something is outside what is allowed.</exception>
    public static void Validate(TrainingSpec spec, ModelConfig config)
    {
        RunSettings.Table.Check(spec);
        RunSettings.Table.CheckUse(spec);
        CheckTogether(spec, config);
    }

    /// <summary>Checks settings that are each within their limits against each other and against the model.</summary>
    /// <param name="spec">The settings; see <see cref="DerivedSettings"/>.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="InvalidTrainingSettingException">They do not go together.</exception>
    public static void CheckTogether(TrainingSpec spec, ModelConfig config)
    {
        if (Methods.Of(spec).Check(spec, config) is { } wrong) throw Wrong(wrong);
        if (WeightForms.Check(spec) is { } form) throw Wrong(form);
        if (RunDtypes.Check(spec) is { } compute) throw Wrong(compute);
        CheckBlockSize(spec.BlockSize, config);
    }

    /// <summary>Checks only the longest sequence, for callers that only read samples.</summary>
    /// <param name="blockSize">Tokens.</param>
    /// <param name="config">The model's shape.</param>
    /// <exception cref="InvalidTrainingSettingException">The model has no such positions.</exception>
    public static void CheckBlockSize(int blockSize, ModelConfig config)
    {
        if (blockSize <= config.MaxSequenceLength) return;
        throw Wrong(new SettingProblem(
            nameof(TrainingSpec.BlockSize),
            $"is {blockSize}; it must be at most {config.MaxSequenceLength}, the longest sequence of the model (config.json)"));
    }

    /// <summary>Checks what the settings of a new run need of its data. Every way to a new run asks here, the import included.</summary>
    /// <param name="spec">The settings.</param>
    /// <param name="dataset">How records become samples.</param>
    /// <param name="evalData">Whether evaluation data is given, apart from a share of the training data.</param>
    /// <exception cref="InvalidTrainingSettingException">A setting does not go with the data.</exception>
    public static void CheckData(TrainingSpec spec, DatasetSettings dataset, bool evalData)
    {
        EvaluationRules.CheckData(spec, dataset, evalData);
        Objectives.CheckData(spec, dataset);
        DatasetFormats.Check(dataset);
    }

    /// <summary>Checks what settings with which a run goes on, or a fork begins, need of the run's evaluation data and of its manifests.</summary>
    /// <param name="spec">The settings.</param>
    /// <param name="was">Those before: what is as it was is not held against it.</param>
    /// <param name="evaluates">Whether there is evaluation data.</param>
    /// <exception cref="InvalidTrainingSettingException">There is none to do what a setting asks for, or one to keep would not be written.</exception>
    public static void CheckEvaluation(TrainingSpec spec, TrainingSpec was, bool evaluates)
    {
        EvaluationRules.Check(spec, was.EvalSteps, evaluates);
        CheckNew(spec, was);
    }

    /// <summary>Checks which manifests a run is to keep against when they are written, and its warm-up against its schedule.</summary>
    /// <param name="spec">The settings.</param>
    /// <param name="was">Those before, which are not held against it: older versions took more; null for a new run.</param>
    /// <exception cref="InvalidTrainingSettingException">Some would not be written, or the schedule has no warm-up.</exception>
    public static void CheckNew(TrainingSpec spec, TrainingSpec? was)
    {
        if ((spec.KeepManifests, spec.SaveSteps) != (was?.KeepManifests, was?.SaveSteps) && KeptSteps.Problem(spec) is { } wrong) throw wrong;
        if ((spec.LrSchedulerType, spec.WarmupSteps, spec.WarmupRatio) != (was?.LrSchedulerType, was?.WarmupSteps, was?.WarmupRatio)
            && WarmupRules.Problem(spec) is { } warmup)
            throw warmup;
    }

    private static InvalidTrainingSettingException Wrong(SettingProblem wrong) => new(RunSettings.Table.Of(wrong.Property).Name, wrong.Problem);
}
