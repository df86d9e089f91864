using LisaOrleans.Data;

namespace LisaOrleans.Api;

/// <summary>Turns hyperparameters into a run's settings and back.</summary>
internal static class JobSettings
{
    private const int LongestDefaultBlock = 1024;

    public static IReadOnlyList<string> Dtypes { get; } = ["float32", "bfloat16", "float16"];

    private static readonly TrainingSpec s_defaults = new() { RunName = "defaults", BlockSize = 2, Dtype = Dtypes[0], Threads = 1 };
    private static readonly DatasetOptions s_dataDefaults = new();

    /// <summary>OpenAI's settings in LISA's words.</summary>
    /// <exception cref="ApiException">A number cannot be.</exception>
    public static LisaHyperparameters Translate(SupervisedHyperparameters? given, string param) => new()
    {
        NumTrainEpochs = given?.NEpochs?.Value,
        PerDeviceTrainBatchSize = given?.BatchSize?.Value switch
        {
            null => null,
            >= 1 and <= 65536 and var size when size == Math.Floor(size) => (int)size,
            _ => throw ApiException.Invalid($"Invalid value for '{param}.batch_size': must be a whole number from 1 to 65536.", $"{param}.batch_size", "invalid_value"),
        },
        LearningRate = given?.LearningRateMultiplier?.Value * s_defaults.LearningRate,
    };

    public static TrainingSpec Spec(LisaHyperparameters h, string run, string method, BaseModel model, long? seed, int threads) => new()
    {
        RunName = run,
        Method = method,
        LisaActivatedLayers = h.LisaActivatedLayers ?? Math.Min(s_defaults.LisaActivatedLayers, model.Config.NumHiddenLayers),
        LisaIntervalSteps = h.LisaIntervalSteps ?? s_defaults.LisaIntervalSteps,
        LisaStrategy = h.LisaStrategy ?? s_defaults.LisaStrategy,
        LisaFixedLayers = h.LisaFixedLayers ?? [],
        TrainEmbeddings = h.TrainEmbeddings ?? s_defaults.TrainEmbeddings,
        MaxSteps = h.MaxSteps,
        NumTrainEpochs = h.NumTrainEpochs ?? s_defaults.NumTrainEpochs,
        LearningRate = h.LearningRate ?? s_defaults.LearningRate,
        LrSchedulerType = h.LrSchedulerType ?? s_defaults.LrSchedulerType,
        WarmupRatio = h.WarmupRatio ?? s_defaults.WarmupRatio,
        WarmupSteps = h.WarmupSteps ?? s_defaults.WarmupSteps,
        WeightDecay = h.WeightDecay ?? s_defaults.WeightDecay,
        MaxGradNorm = h.MaxGradNorm ?? s_defaults.MaxGradNorm,
        AdamBeta1 = h.AdamBeta1 ?? s_defaults.AdamBeta1,
        AdamBeta2 = h.AdamBeta2 ?? s_defaults.AdamBeta2,
        AdamEpsilon = h.AdamEpsilon ?? s_defaults.AdamEpsilon,
        PerDeviceTrainBatchSize = h.PerDeviceTrainBatchSize ?? s_defaults.PerDeviceTrainBatchSize,
        GradientAccumulationSteps = h.GradientAccumulationSteps ?? s_defaults.GradientAccumulationSteps,
        BlockSize = h.BlockSize ?? Math.Min(model.Config.MaxSequenceLength, LongestDefaultBlock),
        Packing = h.Packing ?? s_defaults.Packing,
        Seed = seed is { } number ? (ulong)number : s_defaults.Seed,
        Dtype = h.Dtype ?? model.Dtype,
        OptimizerStateDtype = h.OptimizerStateDtype ?? s_defaults.OptimizerStateDtype,
        GradientCheckpointing = h.GradientCheckpointing ?? s_defaults.GradientCheckpointing,
        SaveSteps = h.SaveSteps ?? s_defaults.SaveSteps,
        EvalSteps = h.EvalSteps ?? s_defaults.EvalSteps,
        Threads = h.Threads ?? threads,
        Priority = h.Priority ?? s_defaults.Priority,
    };

    public static DatasetOptions Dataset(LisaHyperparameters h, int blockSize) => new()
    {
        Format = h.DataFormat,
        PromptField = h.PromptField,
        CompletionField = h.CompletionField,
        TextField = h.TextField,
        Template = h.Template ?? s_dataDefaults.Template,
        IgnoreFields = h.IgnoreFields ?? [],
        TrainOn = h.TrainOn ?? s_dataDefaults.TrainOn,
        LongTexts = h.LongTexts ?? s_dataDefaults.LongTexts,
        TrainOnPrompt = h.TrainOnPrompt ?? s_dataDefaults.TrainOnPrompt,
        BlockSize = blockSize,
    };

    public static SupervisedHyperparameters Supervised(TrainingSpec spec) => new()
    {
        NEpochs = new AutoNumber(spec.NumTrainEpochs),
        BatchSize = new AutoNumber(spec.PerDeviceTrainBatchSize),
        LearningRateMultiplier = new AutoNumber(Math.Round(spec.LearningRate / s_defaults.LearningRate, 12)),
    };

    public static JobMethod Method(JobDocument job) => job.Method switch
    {
        JobMethods.Lisa => new JobMethod { Type = job.Method, Lisa = new JobMethodSettings<LisaHyperparameters> { Hyperparameters = Hyperparameters(job) } },
        JobMethods.Full => new JobMethod { Type = job.Method, Full = new JobMethodSettings<LisaHyperparameters> { Hyperparameters = Hyperparameters(job) } },
        _ => new JobMethod { Type = job.Method, Supervised = new JobMethodSettings<SupervisedHyperparameters> { Hyperparameters = Supervised(job.Spec) } },
    };

    private static LisaHyperparameters Hyperparameters(JobDocument job) => new()
    {
        LisaActivatedLayers = job.Spec.LisaActivatedLayers,
        LisaIntervalSteps = job.Spec.LisaIntervalSteps,
        LisaStrategy = job.Spec.LisaStrategy,
        LisaFixedLayers = job.Spec.LisaFixedLayers,
        TrainEmbeddings = job.Spec.TrainEmbeddings,
        MaxSteps = job.Spec.MaxSteps,
        NumTrainEpochs = job.Spec.NumTrainEpochs,
        LearningRate = job.Spec.LearningRate,
        LrSchedulerType = job.Spec.LrSchedulerType,
        WarmupRatio = job.Spec.WarmupRatio,
        WarmupSteps = job.Spec.WarmupSteps,
        WeightDecay = job.Spec.WeightDecay,
        MaxGradNorm = job.Spec.MaxGradNorm,
        AdamBeta1 = job.Spec.AdamBeta1,
        AdamBeta2 = job.Spec.AdamBeta2,
        AdamEpsilon = job.Spec.AdamEpsilon,
        PerDeviceTrainBatchSize = job.Spec.PerDeviceTrainBatchSize,
        GradientAccumulationSteps = job.Spec.GradientAccumulationSteps,
        BlockSize = job.Spec.BlockSize,
        Packing = job.Spec.Packing,
        Dtype = job.Spec.Dtype,
        OptimizerStateDtype = job.Spec.OptimizerStateDtype,
        GradientCheckpointing = job.Spec.GradientCheckpointing,
        SaveSteps = job.Spec.SaveSteps,
        EvalSteps = job.Spec.EvalSteps,
        Threads = job.Spec.Threads,
        Priority = job.Spec.Priority,
        Template = job.Dataset.Template,
        DataFormat = job.Dataset.Format,
        PromptField = job.Dataset.PromptField,
        CompletionField = job.Dataset.CompletionField,
        TextField = job.Dataset.TextField,
        IgnoreFields = job.Dataset.IgnoreFields,
        TrainOn = job.Dataset.TrainOn,
        LongTexts = job.Dataset.LongTexts,
        TrainOnPrompt = job.Dataset.TrainOnPrompt,
    };
}
