namespace LisaOrleans.Api;

/// <summary>LISA's settings, with the names of the settings file of <c>lisa train</c>. What is left out has its default there.</summary>
public sealed record LisaHyperparameters
{
    /// <inheritdoc cref="TrainingSpec.LisaActivatedLayers"/>
    public int? LisaActivatedLayers { get; init; }

    /// <inheritdoc cref="TrainingSpec.LisaIntervalSteps"/>
    public int? LisaIntervalSteps { get; init; }

    /// <inheritdoc cref="TrainingSpec.LisaStrategy"/>
    public string? LisaStrategy { get; init; }

    /// <inheritdoc cref="TrainingSpec.LisaFixedLayers"/>
    public IReadOnlyList<int>? LisaFixedLayers { get; init; }

    /// <inheritdoc cref="TrainingSpec.TrainEmbeddings"/>
    public bool? TrainEmbeddings { get; init; }

    /// <inheritdoc cref="TrainingSpec.MaxSteps"/>
    public long? MaxSteps { get; init; }

    /// <inheritdoc cref="TrainingSpec.NumTrainEpochs"/>
    public double? NumTrainEpochs { get; init; }

    /// <inheritdoc cref="TrainingSpec.LearningRate"/>
    public double? LearningRate { get; init; }

    /// <inheritdoc cref="TrainingSpec.LrSchedulerType"/>
    public string? LrSchedulerType { get; init; }

    /// <inheritdoc cref="TrainingSpec.WarmupRatio"/>
    public double? WarmupRatio { get; init; }

    /// <inheritdoc cref="TrainingSpec.WarmupSteps"/>
    public long? WarmupSteps { get; init; }

    /// <inheritdoc cref="TrainingSpec.WeightDecay"/>
    public double? WeightDecay { get; init; }

    /// <inheritdoc cref="TrainingSpec.MaxGradNorm"/>
    public double? MaxGradNorm { get; init; }

    /// <inheritdoc cref="TrainingSpec.AdamBeta1"/>
    public double? AdamBeta1 { get; init; }

    /// <inheritdoc cref="TrainingSpec.AdamBeta2"/>
    public double? AdamBeta2 { get; init; }

    /// <inheritdoc cref="TrainingSpec.AdamEpsilon"/>
    public double? AdamEpsilon { get; init; }

    /// <inheritdoc cref="TrainingSpec.PerDeviceTrainBatchSize"/>
    public int? PerDeviceTrainBatchSize { get; init; }

    /// <inheritdoc cref="TrainingSpec.GradientAccumulationSteps"/>
    public int? GradientAccumulationSteps { get; init; }

    /// <inheritdoc cref="TrainingSpec.BlockSize"/>
    public int? BlockSize { get; init; }

    /// <inheritdoc cref="TrainingSpec.Packing"/>
    public bool? Packing { get; init; }

    /// <inheritdoc cref="TrainingSpec.Dtype"/>
    public string? Dtype { get; init; }

    /// <inheritdoc cref="TrainingSpec.OptimizerStateDtype"/>
    public string? OptimizerStateDtype { get; init; }

    /// <inheritdoc cref="TrainingSpec.GradientCheckpointing"/>
    public bool? GradientCheckpointing { get; init; }

    /// <inheritdoc cref="TrainingSpec.SaveSteps"/>
    public int? SaveSteps { get; init; }

    /// <inheritdoc cref="TrainingSpec.EvalSteps"/>
    public int? EvalSteps { get; init; }

    /// <inheritdoc cref="TrainingSpec.Threads"/>
    public int? Threads { get; init; }

    /// <inheritdoc cref="TrainingSpec.Priority"/>
    public int? Priority { get; init; }

    /// <summary>Chat template. Default plain.</summary>
    public string? Template { get; init; }

    /// <summary>Format of the records. Default: by content.</summary>
    public string? DataFormat { get; init; }

    /// <summary>Field with the prompt.</summary>
    public string? PromptField { get; init; }

    /// <summary>Field with the completion.</summary>
    public string? CompletionField { get; init; }

    /// <summary>Field with the text.</summary>
    public string? TextField { get; init; }

    /// <summary>Fields of records and turns to train without; others that are not used are an error.</summary>
    public IReadOnlyList<string>? IgnoreFields { get; init; }

    /// <summary>Answers of a conversation that are learned: all or last. Default all.</summary>
    public string? TrainOn { get; init; }

    /// <summary>Texts longer than a block: split or cut. Default split.</summary>
    public string? LongTexts { get; init; }

    /// <summary>Whether prompts are learned too. Default false.</summary>
    public bool? TrainOnPrompt { get; init; }
}
