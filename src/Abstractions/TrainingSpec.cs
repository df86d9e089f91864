namespace LisaOrleans;

/// <summary>
/// Everything that decides the result of a run, with Hugging Face's argument names. Stored with the run, so that the
/// blob store alone is enough to resume.
/// </summary>
[GenerateSerializer, Immutable, Alias("lisa.TrainingSpec")]
public sealed record TrainingSpec
{
    /// <summary>The run's name: letters, digits, '.', '_' and '-', at most 100.</summary>
    [Id(0)] public required string RunName { get; init; }

    /// <value><c>lisa</c> (default) or <c>full</c>; see <see cref="TrainingMethods"/>.</value>
    [Id(1)] public string Method { get; init; } = TrainingMethods.Lisa;

    /// <value>Decoder layers that train at one time, gamma in the paper. Default 2.</value>
    [Id(2)] public int LisaActivatedLayers { get; init; } = 2;

    /// <value>Optimizer steps of one period, K in the paper. Default 20.</value>
    [Id(3)] public int LisaIntervalSteps { get; init; } = 20;

    /// <value>How layers are sampled: <c>uniform</c> (default), <c>round-robin</c> or <c>fixed</c>.</value>
    [Id(4)] public string LisaStrategy { get; init; } = "uniform";

    /// <value>The layers of strategy <c>fixed</c>; empty for the others.</value>
    [Id(5)] public IReadOnlyList<int> LisaFixedLayers { get; init; } = [];

    /// <value>Optimizer steps in all; overrides <see cref="NumTrainEpochs"/>. Default null.</value>
    [Id(6)] public long? MaxSteps { get; init; }

    /// <value>Passes over the data set; may be a fraction. Default 1 (Hugging Face: 3).</value>
    [Id(7)] public double NumTrainEpochs { get; init; } = 1;

    /// <value>Peak learning rate. Default 5e-5.</value>
    [Id(8)] public double LearningRate { get; init; } = 5e-5;

    /// <value><c>linear</c> (default), <c>cosine</c> or <c>constant</c>, each with warm-up.</value>
    [Id(9)] public string LrSchedulerType { get; init; } = "linear";

    /// <value>Share of all steps over which the learning rate rises from 0. Default 0.</value>
    [Id(10)] public double WarmupRatio { get; init; }

    /// <value>Steps of warm-up; overrides <see cref="WarmupRatio"/> where above 0. Default 0.</value>
    [Id(11)] public long WarmupSteps { get; init; }

    /// <value>AdamW's decoupled weight decay; never applied to norms and biases. Default 0.</value>
    [Id(12)] public double WeightDecay { get; init; }

    /// <value>Gradients are scaled down to this global L2 norm; 0 turns clipping off. Default 1.</value>
    [Id(13)] public double MaxGradNorm { get; init; } = 1;

    /// <value>AdamW's beta 1. Default 0.9.</value>
    [Id(14)] public double AdamBeta1 { get; init; } = 0.9;

    /// <value>AdamW's beta 2. Default 0.999.</value>
    [Id(15)] public double AdamBeta2 { get; init; } = 0.999;

    /// <value>AdamW's epsilon. Default 1e-8.</value>
    [Id(16)] public double AdamEpsilon { get; init; } = 1e-8;

    /// <value>Sequences in a micro-batch. Default 8.</value>
    [Id(17)] public int PerDeviceTrainBatchSize { get; init; } = 8;

    /// <value>Micro-batches in a step. Default 1.</value>
    [Id(18)] public int GradientAccumulationSteps { get; init; } = 1;

    /// <value>Longest sequence in tokens; longer samples are cut.</value>
    [Id(19)] public required int BlockSize { get; init; }

    /// <value>Whether several samples share a sequence (each sees only itself). Default false.</value>
    [Id(20)] public bool Packing { get; init; }

    /// <value>Keys every random choice: order of samples, sampled layers. Default 42.</value>
    [Id(21)] public ulong Seed { get; init; } = 42;

    /// <value>What weights are kept in: <c>float32</c>, <c>bfloat16</c> or <c>float16</c>.</value>
    [Id(22)] public required string Dtype { get; init; }

    /// <value><c>float32</c> (default: fp32 master and moments) or <c>bfloat16</c> (moments in bf16, no master beside bf16 weights).</value>
    [Id(23)] public string OptimizerStateDtype { get; init; } = "float32";

    /// <value>Recompute activations in the backward pass instead of keeping them. Changes no bit. Default false.</value>
    [Id(24)] public bool GradientCheckpointing { get; init; }

    /// <value>Steps between manifests. Default 50.</value>
    [Id(25)] public int SaveSteps { get; init; } = 50;

    /// <value>Steps between evaluations; 0 evaluates at the end only (where there is evaluation data). Default 0.</value>
    [Id(26)] public int EvalSteps { get; init; }

    /// <value>Intra-op threads of every device worker. They decide the bits of sums, so they belong to the run.</value>
    [Id(27)] public required int Threads { get; init; }

    /// <value>Whether embedding and head train too, as in the paper. Default true.</value>
    [Id(28)] public bool TrainEmbeddings { get; init; } = true;

    /// <value>The id that fills rows up to the length of their micro-batch; it carries no loss. Default 0.</value>
    [Id(29)] public int PadTokenId { get; init; }

    /// <value>How samples became tokens (template, fields, train-on-prompt), for the comparison on resume.</value>
    [Id(30)] public string DataDescription { get; init; } = "";

    /// <value>Of runs that wait for silos the one with the higher priority goes first; from -100 to 100. Default 0.</value>
    [Id(31)] public int Priority { get; init; }
}
