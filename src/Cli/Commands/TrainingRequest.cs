using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>What <c>lisa train</c> and <c>lisa submit</c> make a run from.</summary>
internal static class TrainingRequest
{
    /// <summary>Reads all settings; <see cref="TrainingSpec.Threads"/> is 0 where they were not given.</summary>
    public static ImportRequest From(SettingValues values)
    {
        var model = values.FullPath(KnownSettings.Model);
        var config = ModelSettings.ReadConfig(model);
        var blockSize = ModelSettings.BlockSize(values, config);
        return new ImportRequest
        {
            ModelFolder = model,
            DataFile = values.Sources(KnownSettings.DataFile),
            EvalDataFile = values.OptionalSources(KnownSettings.EvalData),
            Dataset = DataOptions.From(values, blockSize),
            Overwrite = values.Flag(KnownSettings.Overwrite),
            Spec = new TrainingSpec
            {
                RunName = values.Text(KnownSettings.RunName),
                Method = values.Text(KnownSettings.Method),
                LisaActivatedLayers = values.Count(KnownSettings.ActivatedLayers),
                LisaIntervalSteps = values.Count(KnownSettings.IntervalSteps),
                LisaStrategy = values.Text(KnownSettings.Strategy),
                LisaFixedLayers = values.Integers(KnownSettings.FixedLayers),
                TrainEmbeddings = values.Flag(KnownSettings.TrainEmbeddings),
                MaxSteps = values.OptionalInteger(KnownSettings.MaxSteps),
                NumTrainEpochs = values.Number(KnownSettings.Epochs),
                LearningRate = values.Number(KnownSettings.LearningRate),
                LrSchedulerType = values.Text(KnownSettings.Scheduler),
                WarmupRatio = values.Number(KnownSettings.WarmupRatio),
                WarmupSteps = values.Integer(KnownSettings.WarmupSteps),
                WeightDecay = values.Number(KnownSettings.WeightDecay),
                MaxGradNorm = values.Number(KnownSettings.MaxGradNorm),
                AdamBeta1 = values.Number(KnownSettings.Beta1),
                AdamBeta2 = values.Number(KnownSettings.Beta2),
                AdamEpsilon = values.Number(KnownSettings.Epsilon),
                PerDeviceTrainBatchSize = values.Count(KnownSettings.BatchSize),
                GradientAccumulationSteps = values.Count(KnownSettings.Accumulation),
                BlockSize = blockSize,
                Packing = values.Flag(KnownSettings.Packing),
                Seed = unchecked((ulong)values.Integer(KnownSettings.Seed)),
                Dtype = ModelSettings.Dtype(values, config, model),
                OptimizerStateDtype = values.Text(KnownSettings.StateDtype),
                GradientCheckpointing = values.Flag(KnownSettings.Checkpointing),
                SaveSteps = values.Count(KnownSettings.SaveSteps),
                EvalSteps = values.Count(KnownSettings.EvalSteps),
                Threads = ModelSettings.Threads(values) ?? 0,
                Priority = values.Count(KnownSettings.Priority),
            },
        };
    }
}
