using System.Globalization;
using LisaOrleans.Checkpoints;
using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Checks a run's settings against each other and against the model.</summary>
public static class TrainingSpecValidator
{
    /// <exception cref="InvalidSettingException">Something is outside what is allowed.</exception>
    public static void Validate(TrainingSpec spec, ModelConfig config)
    {
        RunName.Validate(spec.RunName);
        OneOf("method", spec.Method, TrainingMethods.All);
        OneOf("lisa_strategy", spec.LisaStrategy, LayerSampling.Names);
        OneOf("lr_scheduler_type", spec.LrSchedulerType, LearningRateSchedule.Types);
        OneOf("dtype", spec.Dtype, ["float32", "bfloat16", "float16"]);
        OneOf("optimizer_state_dtype", spec.OptimizerStateDtype, ["float32", "bfloat16"]);

        Within("lisa_activated_layers", spec.LisaActivatedLayers, 0, config.NumHiddenLayers, "the model's decoder layers");
        Within("lisa_interval_steps", spec.LisaIntervalSteps, 1, int.MaxValue);
        if (spec.Method == TrainingMethods.Lisa && spec.LisaActivatedLayers == 0 && !spec.TrainEmbeddings)
            throw new InvalidSettingException("lisa_activated_layers", "is 0 and train_embeddings is false: nothing would train");
        if (spec.LisaStrategy == "fixed") CheckFixedLayers(spec, config);

        if (spec.MaxSteps is { } steps) Within("max_steps", steps, 1, int.MaxValue);
        Positive("num_train_epochs", spec.NumTrainEpochs);
        Between("learning_rate", spec.LearningRate, 0, 10);
        Between("warmup_ratio", spec.WarmupRatio, 0, 1);
        Within("warmup_steps", spec.WarmupSteps, 0, int.MaxValue);
        Between("weight_decay", spec.WeightDecay, 0, 1);
        Between("max_grad_norm", spec.MaxGradNorm, 0, double.MaxValue);
        BelowOne("adam_beta1", spec.AdamBeta1);
        BelowOne("adam_beta2", spec.AdamBeta2);
        Positive("adam_epsilon", spec.AdamEpsilon);
        Within("per_device_train_batch_size", spec.PerDeviceTrainBatchSize, 1, 65536);
        Within("gradient_accumulation_steps", spec.GradientAccumulationSteps, 1, 65536);
        Within("block_size", spec.BlockSize, 2, config.MaxSequenceLength, "the longest sequence of the model (config.json)");
        Within("save_steps", spec.SaveSteps, 0, int.MaxValue);
        Within("eval_steps", spec.EvalSteps, 0, int.MaxValue);
        Within("threads", spec.Threads, 1, 1024);
        Within("priority", spec.Priority, -100, 100);
    }

    private static void CheckFixedLayers(TrainingSpec spec, ModelConfig config)
    {
        const string Name = "lisa_fixed_layers";
        if (spec.LisaFixedLayers.Count == 0) throw new InvalidSettingException(Name, "is empty; strategy 'fixed' needs at least one layer");
        foreach (var layer in spec.LisaFixedLayers) Within(Name, layer, 0, config.NumHiddenLayers - 1, "the model's last layer");
        if (spec.LisaFixedLayers.Distinct().Count() != spec.LisaFixedLayers.Count)
            throw new InvalidSettingException(Name, "names a layer twice");
    }

    private static void OneOf(string name, string value, IReadOnlyList<string> allowed)
    {
        if (!allowed.Contains(value))
            throw new InvalidSettingException(name, $"is '{value}'; it must be one of {string.Join(", ", allowed)}");
    }

    private static void Within(string name, long value, long low, long high, string? why = null)
    {
        if (value < low || value > high)
            throw new InvalidSettingException(name, $"is {value}; it must be from {low} to {high}{(why is null ? "" : $", {why}")}");
    }

    private static void Between(string name, double value, double low, double high) =>
        Require(name, value, value >= low && value <= high && double.IsFinite(value), high == double.MaxValue ? $"at least {low}" : $"from {low} to {high}");

    private static void Positive(string name, double value) => Require(name, value, value > 0 && double.IsFinite(value), "above 0");

    private static void BelowOne(string name, double value) => Require(name, value, value is >= 0 and < 1, "at least 0 and below 1");

    private static void Require(string name, double value, bool right, string wanted)
    {
        if (!right)
            throw new InvalidSettingException(name, string.Create(CultureInfo.InvariantCulture, $"is {value}; it must be {wanted}"));
    }
}
