using LisaOrleans.Data;
using LisaOrleans.Grains;
using LisaOrleans.Model;

namespace LisaOrleans.Cli;

/// <summary>Every setting of every command. Flags, settings files, help and checks are all made from these tables.</summary>
internal static class KnownSettings
{
    private static readonly string[] s_dtypes = ["auto", "float32", "bfloat16", "float16"];

    public static readonly Setting Model = new("model", SettingKind.Path, "Hugging Face model folder: config.json, *.safetensors, tokenizer.model");
    public static readonly Setting DataFile = new("data", SettingKind.Path, "training data: JSON lines or a JSON list");
    public static readonly Setting Output = new("output", SettingKind.Path, "folder for the trained model, trainer_log.jsonl and ledger.jsonl");
    public static readonly Setting EvalData = new("eval-data", SettingKind.Path, "data that is only scored");
    public static readonly Setting Store = new("store", SettingKind.Path, "blob store folder; the run resumes from here (default: OUTPUT/lisa-store)");
    public static readonly Setting RunName = new("run-name", SettingKind.Text, "the run's name in the store", "default");
    public static readonly Setting Overwrite = new("overwrite", SettingKind.Flag, "begin anew where the run exists", "false");
    public static readonly Setting SamplePrompt = new("sample-prompt", SettingKind.Text, "show how the model goes on from this, before and after training");

    public static readonly Setting Method = new("method", SettingKind.Text, "what trains", "lisa", TrainingMethods.All);
    public static readonly Setting ActivatedLayers = new("lisa-activated-layers", SettingKind.Integer, "decoder layers that train at one time (gamma)", "2");
    public static readonly Setting IntervalSteps = new("lisa-interval-steps", SettingKind.Integer, "steps until other layers are sampled (K)", "20");
    public static readonly Setting Strategy = new("lisa-strategy", SettingKind.Text, "how layers are sampled", "uniform", LayerSampling.Names);
    public static readonly Setting FixedLayers = new("lisa-fixed-layers", SettingKind.Integers, "the layers of strategy fixed, as 0,3,5");
    public static readonly Setting TrainEmbeddings = new("train-embeddings", SettingKind.Flag, "whether embedding, final norm and head train", "true");

    public static readonly Setting MaxSteps = new("max-steps", SettingKind.Integer, "optimizer steps in all; overrides --num-train-epochs");
    public static readonly Setting Epochs = new("num-train-epochs", SettingKind.Number, "passes over the data", "1");
    public static readonly Setting BatchSize = new("per-device-train-batch-size", SettingKind.Integer, "sequences in a micro-batch", "8");
    public static readonly Setting Accumulation = new("gradient-accumulation-steps", SettingKind.Integer, "micro-batches in a step", "1");
    public static readonly Setting BlockSize = new("block-size", SettingKind.Integer, "longest sequence in tokens (default: the model's longest, at most 1024)");
    public static readonly Setting Packing = new("packing", SettingKind.Flag, "put several samples into a sequence; each sees only itself", "false");

    public static readonly Setting LearningRate = new("learning-rate", SettingKind.Number, "peak learning rate", "5e-5");
    public static readonly Setting Scheduler = new("lr-scheduler-type", SettingKind.Text, "course of the learning rate", "linear", LearningRateSchedule.Types);
    public static readonly Setting WarmupRatio = new("warmup-ratio", SettingKind.Number, "share of the steps over which it rises from 0", "0");
    public static readonly Setting WarmupSteps = new("warmup-steps", SettingKind.Integer, "the same in steps; overrides the ratio", "0");
    public static readonly Setting WeightDecay = new("weight-decay", SettingKind.Number, "decoupled decay of matrices (not of norms and biases)", "0");
    public static readonly Setting MaxGradNorm = new("max-grad-norm", SettingKind.Number, "global gradient norm is clipped to this; 0 for never", "1");
    public static readonly Setting Beta1 = new("adam-beta1", SettingKind.Number, "AdamW's beta 1", "0.9");
    public static readonly Setting Beta2 = new("adam-beta2", SettingKind.Number, "AdamW's beta 2", "0.999");
    public static readonly Setting Epsilon = new("adam-epsilon", SettingKind.Number, "AdamW's epsilon", "1e-8");

    public static readonly Setting Dtype = new("dtype", SettingKind.Text, "what weights are kept in; auto: as the model is", "auto", s_dtypes);
    public static readonly Setting StateDtype = new(
        "optimizer-state-dtype", SettingKind.Text, "moments; float32 also keeps float32 master weights", "float32", ["float32", "bfloat16"]);
    public static readonly Setting Checkpointing = new(
        "gradient-checkpointing", SettingKind.Flag, "compute activations twice instead of keeping them", "false");

    public static readonly Setting Seed = new("seed", SettingKind.Integer, "keys every random choice", "42");
    public static readonly Setting Threads = new("threads", SettingKind.Integer, "intra-op threads; they decide the bits of sums (default: all cores)");
    public static readonly Setting SaveSteps = new("save-steps", SettingKind.Integer, "steps between manifests; 0 for one at the end", "50");
    public static readonly Setting EvalSteps = new("eval-steps", SettingKind.Integer, "steps between evaluations; 0 for one at the end", "0");

    public static readonly Setting Template = new("template", SettingKind.Text, "chat template", "plain", ChatTemplates.Names);
    public static readonly Setting DataFormat = new("data-format", SettingKind.Text, "format of records (default: by content)", null, DatasetFormats.Names);
    public static readonly Setting PromptField = new("prompt-field", SettingKind.Text, "field with the prompt, as question");
    public static readonly Setting CompletionField = new("completion-field", SettingKind.Text, "field with the completion, as answer");
    public static readonly Setting TextField = new("text-field", SettingKind.Text, "field with the text (default: text)");
    public static readonly Setting TrainOnPrompt = new("train-on-prompt", SettingKind.Flag, "learn the prompts too", "false");

    public static readonly Setting LogFormat = new(
        "log-format", SettingKind.Text, "auto: live on a terminal, else plain lines; json: one object per line", "auto", ["auto", "plain", "json"]);

    public static readonly Setting Prompt = new("prompt", SettingKind.Text, "the text to go on from");
    public static readonly Setting MaxNewTokens = new("max-new-tokens", SettingKind.Integer, "longest continuation", "128");
    public static readonly Setting Temperature = new("temperature", SettingKind.Number, "0: the likeliest token; above: draw", "0");
    public static readonly Setting TopP = new("top-p", SettingKind.Number, "draw from the likeliest tokens with this probability together", "1");

    private static readonly Setting[] s_data = [Template, DataFormat, PromptField, CompletionField, TextField, TrainOnPrompt];
    private static readonly Setting[] s_lisa = [Method, ActivatedLayers, IntervalSteps, Strategy, FixedLayers, TrainEmbeddings];
    private static readonly Setting[] s_batches = [BatchSize, Accumulation, BlockSize];

    public static IReadOnlyList<Setting> Train { get; } =
    [
        Model, DataFile, Output, EvalData, Store, RunName, Overwrite, SamplePrompt,
        .. s_lisa,
        MaxSteps, Epochs, .. s_batches, Packing,
        LearningRate, Scheduler, WarmupRatio, WarmupSteps, WeightDecay, MaxGradNorm, Beta1, Beta2, Epsilon,
        Dtype, StateDtype, Checkpointing, Seed, Threads, SaveSteps, EvalSteps,
        .. s_data, LogFormat,
    ];

    public static IReadOnlyList<Setting> Eval { get; } = [Model, DataFile, BatchSize, BlockSize, Dtype, Threads, .. s_data, LogFormat];

    public static IReadOnlyList<Setting> Generate { get; } =
        [Model, Prompt, MaxNewTokens, Temperature, TopP, Seed, Template, Dtype, Threads];

    public static IReadOnlyList<Setting> Plan { get; } =
        [Model, Method, ActivatedLayers, TrainEmbeddings, .. s_batches, Dtype, StateDtype, Checkpointing, LogFormat];

    public static IReadOnlyList<Setting> Export { get; } = [Store, Output];
}
