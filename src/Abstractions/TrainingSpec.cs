using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace LisaOrleans;

/// <summary>
/// Everything that decides the result of a run, with Hugging Face's argument names. Stored with the run, so that the
/// blob store alone is enough to resume. A property with <see cref="SettingAttribute"/> is a setting at every door.
/// </summary>
[GenerateSerializer, Immutable, Alias("lisa.TrainingSpec")]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)] // A newer build's setting would be dropped.
public sealed partial record TrainingSpec
{
    /// <summary>The run's name where a program does not ask for one.</summary>
    public const string DefaultRunName = "default";

    /// <summary><see cref="Dtype"/> for what the model is in.</summary>
    public const string AutoDtype = "auto";

    /// <summary>The run's name: letters, digits, '.', '_' and '-', at most 100.</summary>
    [Id(0)]
    [Setting("name of the run in the store", ChangesNoBit = true, BodyField = "")]
    [RegularExpression("[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}",
        ErrorMessage = "letters, digits, '.', '_' and '-' only, at most 100, not beginning with '.'")]
    public required string RunName { get; init; }

    /// <value>
    /// <c>lisa</c> (default), <c>full</c>, <c>badam</c>, <c>galore</c>, <c>apollo</c>, <c>lora</c> or <c>qlora</c>; see
    /// <see cref="TrainingMethods"/>.
    /// </value>
    [Id(1)]
    [Setting("training method", Group = SettingGroups.Method, BodyField = "method.type", ChoicesOf = SettingRegistries.Methods,
        Instead = ["use_lisa", "finetuning_type", "tuning_method"])]
    public string Method { get; init; } = TrainingMethods.Lisa;

    /// <value>Decoder layers that train at one time, gamma in the paper. Default 2.</value>
    [Id(2)]
    [Setting("decoder layers that train at a time (gamma in the paper)", Group = SettingGroups.Method)]
    [Range(0, int.MaxValue), UnusedWith(nameof(LisaStrategy), "fixed")]
    [UnusedWith(nameof(Method), TrainingMethods.Full, TrainingMethods.Badam, TrainingMethods.Galore, TrainingMethods.Apollo)]
    [UnusedWith(nameof(Method), TrainingMethods.Lora, TrainingMethods.Qlora)]
    public int LisaActivatedLayers { get; init; } = 2;

    /// <value>Optimizer steps of one period, K in the paper. Default 20.</value>
    [Id(3)]
    [Setting("steps before new layers are sampled (K in the paper)", Group = SettingGroups.Method)]
    [Range(1, int.MaxValue)]
    [UnusedWith(nameof(Method), TrainingMethods.Full, TrainingMethods.Badam, TrainingMethods.Galore, TrainingMethods.Apollo)]
    [UnusedWith(nameof(Method), TrainingMethods.Lora, TrainingMethods.Qlora)]
    public int LisaIntervalSteps { get; init; } = 20;

    /// <value>
    /// How layers are sampled: <c>uniform</c> (default), <c>round-robin</c>, <c>reshuffled</c>, <c>weighted</c>,
    /// <c>gradient-norm</c>, <c>outlier</c> or <c>fixed</c>.
    /// </value>
    [Id(4)]
    [Setting("how layers are sampled", Group = SettingGroups.Method, ChoicesOf = SettingRegistries.LayerSamplers)]
    [UnusedWith(nameof(Method), TrainingMethods.Full, TrainingMethods.Badam, TrainingMethods.Galore, TrainingMethods.Apollo)]
    [UnusedWith(nameof(Method), TrainingMethods.Lora, TrainingMethods.Qlora)]
    public string LisaStrategy { get; init; } = "uniform";

    /// <value>The layers of strategy <c>fixed</c>; empty for the others.</value>
    [Id(5)]
    [Setting("layers that train with {lisa_strategy} fixed, such as 0,3,5", Group = SettingGroups.Method)]
    [UsedOnlyWith(nameof(LisaStrategy), "fixed")]
    public IReadOnlyList<int> LisaFixedLayers { get; init; } = [];

    /// <value>Optimizer steps in all; overrides <see cref="NumTrainEpochs"/>. Default null.</value>
    [Id(6)]
    [Setting("optimizer steps in all; overrides {num_train_epochs}", Group = SettingGroups.Batches,
        Aliases = ["max_train_steps", "total_steps"], LeftOutAs = "-1")]
    [Range(1, int.MaxValue)]
    public long? MaxSteps { get; init; }

    /// <value>Passes over the data set; may be a fraction. Default 1 (Hugging Face: 3).</value>
    [Id(7)]
    [Setting("passes over the data; may be a fraction", Group = SettingGroups.Batches,
        Aliases = ["num_epochs", "epochs", "n_epochs"])]
    [Range(0, double.MaxValue, MinimumIsExclusive = true), OverriddenBy(nameof(MaxSteps))]
    public double NumTrainEpochs { get; init; } = 1;

    /// <value>Peak learning rate. Default 5e-5.</value>
    [Id(8)]
    [Setting("peak learning rate", Group = SettingGroups.Optimizer, Aliases = ["lr"], Instead = ["learning_rate_multiplier"])]
    [Range(0, 10.0)]
    public double LearningRate { get; init; } = 5e-5;

    /// <value><c>linear</c> (default), <c>cosine</c> or <c>constant_with_warmup</c>; <c>constant</c> has no warm-up.</value>
    [Id(9)]
    [Setting("course of the learning rate after warm-up, which constant does not have", Group = SettingGroups.Optimizer,
        ChoicesOf = SettingRegistries.Schedules, Aliases = ["lr_scheduler"], Instead = ["lr_scheduler_kwargs"])]
    public string LrSchedulerType { get; init; } = "linear";

    /// <value>Share of all steps over which the learning rate rises from 0. Default 0.</value>
    [Id(10)]
    [Setting("share of the steps over which the learning rate rises from 0", Group = SettingGroups.Optimizer)]
    [Range(0, 1), OverriddenBy(nameof(WarmupSteps))]
    public double WarmupRatio { get; init; }

    /// <value>Steps of warm-up; overrides <see cref="WarmupRatio"/> where above 0. Default 0.</value>
    [Id(11)]
    [Setting("warm-up steps; overrides {warmup_ratio} when above 0", Group = SettingGroups.Optimizer,
        Aliases = ["num_warmup_steps"])]
    [Range(0, int.MaxValue)]
    public long WarmupSteps { get; init; }

    /// <value>AdamW's decoupled weight decay; never applied to norms and biases. Default 0.</value>
    [Id(12)]
    [Setting("decoupled weight decay of all parameters but norms and biases", Group = SettingGroups.Optimizer)]
    [Range(0, 1)]
    public double WeightDecay { get; init; }

    /// <value>Gradients are scaled down to this global L2 norm; 0 turns clipping off. Default 1.</value>
    [Id(13)]
    [Setting("global gradient norm to clip to; 0 turns clipping off", Group = SettingGroups.Optimizer,
        Aliases = ["max_norm", "gradient_clipping"])]
    [Range(0, double.MaxValue)]
    public double MaxGradNorm { get; init; } = 1;

    /// <value>AdamW's beta 1. Default 0.9.</value>
    [Id(14)]
    [Setting("AdamW's beta 1", Group = SettingGroups.Optimizer, Instead = ["betas", "optim_args"])]
    [Range(0, 1, MaximumIsExclusive = true)]
    public double AdamBeta1 { get; init; } = 0.9;

    /// <value>AdamW's beta 2. Default 0.999.</value>
    [Id(15)]
    [Setting("AdamW's beta 2", Group = SettingGroups.Optimizer)]
    [Range(0, 1, MaximumIsExclusive = true)]
    public double AdamBeta2 { get; init; } = 0.999;

    /// <value>AdamW's epsilon. Default 1e-8.</value>
    [Id(16)]
    [Setting("AdamW's epsilon", Group = SettingGroups.Optimizer)]
    [Range(0, double.MaxValue, MinimumIsExclusive = true)]
    public double AdamEpsilon { get; init; } = 1e-8;

    /// <value>Sequences, or pairs of them, in a micro-batch. Default 8.</value>
    [Id(17)]
    [Setting("sequences in a micro-batch; with {objective} dpo or orpo pairs of them", Group = SettingGroups.Batches,
        Aliases = ["micro_batch_size", "train_batch_size"],
        Instead = ["batch_size", "per_device_eval_batch_size", "eval_batch_size", "per_gpu_train_batch_size", "per_gpu_eval_batch_size"])]
    [Range(1, 65536)]
    public int PerDeviceTrainBatchSize { get; init; } = 8;

    /// <value>Micro-batches in a step. Default 1.</value>
    [Id(18)]
    [Setting("micro-batches in a step", Group = SettingGroups.Batches, Aliases = ["gradient_accumulation"])]
    [Range(1, 65536)]
    public int GradientAccumulationSteps { get; init; } = 1;

    /// <value>Longest sequence in tokens; longer samples are cut. 0 (default): the model's longest, at most 1024.</value>
    [Id(19)]
    [Setting("longest sequence in tokens; longer samples are cut", Group = SettingGroups.Batches,
        DefaultText = "the model's longest, at most 1024",
        Aliases = ["max_seq_length", "max_seq_len", "max_length", "model_max_length", "cutoff_len", "sequence_len"])]
    [Range(2, int.MaxValue)]
    public int BlockSize { get; init; }

    /// <value>Whether several samples share a sequence (each sees only itself). Default false.</value>
    [Id(20)]
    [Setting("pack several samples into a sequence; each attends only to itself", Group = SettingGroups.Batches,
        Aliases = ["sample_packing"], Instead = ["group_texts", "packing_strategy"])]
    [UnusedWith(nameof(Objective), TrainingObjectives.Dpo, TrainingObjectives.Orpo)]
    public bool Packing { get; init; }

    /// <value>Keys every random choice: order of samples, sampled layers. Default 42.</value>
    [Id(21)]
    [Setting("seed of every random choice: order of samples, sampled layers", BodyField = "seed", Instead = ["data_seed"])]
    public ulong Seed { get; init; } = 42;

    /// <value>
    /// What weights are kept in: <c>float32</c>, <c>bfloat16</c>, <c>float16</c>, or <c>auto</c> (default) for the model's own.
    /// </value>
    [Id(22)]
    [Setting("data type of the weights; auto keeps the model's own", Group = SettingGroups.Numbers,
        Choices = [AutoDtype, "float32", "bfloat16", "float16"],
        Aliases = ["torch_dtype"], Instead =
        [
            "bf16", "fp16", "tf32", "mixed_precision", "precision", "half_precision_backend", "fp16_backend", "fp16_opt_level", "bf16_full_eval",
            "fp16_full_eval",
        ])]
    public string Dtype { get; init; } = AutoDtype;

    /// <value>
    /// <c>float32</c> (default: fp32 master and moments) or <c>bfloat16</c> (moments in bf16, no master beside bf16 weights).
    /// </value>
    [Id(23)]
    [Setting("data type of the optimizer's moments; float32 also keeps float32 master weights", Group = SettingGroups.Numbers,
        Choices = ["float32", "bfloat16"])]
    public string OptimizerStateDtype { get; init; } = "float32";

    /// <value>Recompute activations in the backward pass instead of keeping them. Changes no bit. Default false.</value>
    [Id(24)]
    [Setting("recompute activations in the backward pass instead of keeping them", Group = SettingGroups.Numbers,
        ChangesNoBit = true,
        Aliases = ["activation_checkpointing"], Instead = ["gradient_checkpointing_kwargs"])]
    public bool GradientCheckpointing { get; init; }

    /// <value>Steps between manifests; 0 for one at the end only. Default 50.</value>
    [Id(25)]
    [Setting("steps between manifests, from which a run resumes; 0 saves one only at the end", ChangesNoBit = true,
        Instead = ["save_strategy"])]
    [Range(0, int.MaxValue)]
    public int SaveSteps { get; init; } = 50;

    /// <value>Steps between evaluations; 0 evaluates at the end only (where there is evaluation data). Default 0.</value>
    [Id(26)]
    [Setting("steps between evaluations; 0 evaluates only at the end", ChangesNoBit = true,
        Instead = ["eval_strategy", "evaluation_strategy", "do_eval", "eval_on_start", "eval_delay"])]
    [Range(0, int.MaxValue)]
    public int EvalSteps { get; init; }

    /// <value>
    /// Intra-op threads of every device worker. They decide the bits of sums, so they belong to the run. 0 (default): those that
    /// the run began with, else what the machine or the cluster offers.
    /// </value>
    [Id(27)]
    [Setting("intra-op threads; part of the run, because they affect how sums are rounded",
        DefaultText = "as when the run began; for a new run all cores, or in a cluster the fewest that any silo offers")]
    [Range(1, 1024)]
    public int Threads { get; init; }

    /// <value>Whether embedding and head train too, as in the paper. Default true; BAdam and LoRA never train them.</value>
    [Id(28)]
    [Setting("also train embedding, final norm and head, as in the paper", Group = SettingGroups.Method)]
    [UnusedWith(nameof(Method), TrainingMethods.Badam, TrainingMethods.Lora, TrainingMethods.Qlora)]
    public bool TrainEmbeddings { get; init; } = true;

    /// <value>The id that fills rows up to the length of their micro-batch; it carries no loss. Default 0.</value>
    [Id(29)] public int PadTokenId { get; init; }

    /// <value>How samples became tokens (template, fields, train-on-prompt), for the comparison on resume.</value>
    [Id(30)] public string DataDescription { get; init; } = "";

    /// <value>Of runs that wait for silos the one with the higher priority goes first; from -100 to 100. Default 0.</value>
    [Id(31)]
    [Setting("among runs waiting for silos, the one with the highest priority goes first", ChangesNoBit = true)]
    [Range(-100, 100)]
    public int Priority { get; init; }

    /// <value>
    /// How what trains is updated: <c>adamw</c> (default), <c>adamw-8bit</c>, <c>muon</c>, <c>galore</c> or <c>apollo</c>.
    /// </value>
    [Id(32)]
    [Setting("how what trains is updated; the last three still update embedding, head, norms and biases by AdamW",
        Group = SettingGroups.Optimizer, ChoicesOf = SettingRegistries.Optimizers, Aliases = ["optimizer"], Instead = ["adafactor"])]
    [UnusedWith(nameof(Method), TrainingMethods.Galore, TrainingMethods.Apollo)]
    public string Optim { get; init; } = "adamw";
}
