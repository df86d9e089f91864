using LisaOrleans.Api;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>Every setting of every command. Flags, settings files, help and checks are all made from these tables.</summary>
internal static class KnownSettings
{
    private static readonly string[] s_dtypes = ["auto", "float32", "bfloat16", "float16"];

    public static readonly Setting Model = new("model", SettingKind.Path, "Hugging Face model folder: config.json, *.safetensors, tokenizer.model or tokenizer.json");
    public static readonly Setting DataFile = new(
        "data", SettingKind.Sources, "training data: files, folders or patterns; several with commas between or by repeating it, FILE:0.5 for half of one");
    public static readonly Setting Output = new("output", SettingKind.Path, "folder for the trained model, trainer_log.jsonl, ledger.jsonl and tensorboard/");
    public static readonly Setting EvalData = new("eval-data", SettingKind.Sources, "data that is only scored");
    public static readonly Setting Store = new(
        "store", SettingKind.Text,
        "blob store that the run resumes from: a folder, an Azure Storage connection string, or a container's URL (default: OUTPUT/lisa-store)");
    public static readonly Setting RunName = new("run-name", SettingKind.Text, "the run's name in the store", "default");
    public static readonly Setting Overwrite = new("overwrite", SettingKind.Flag, "begin anew where the run exists", "false");
    public static readonly Setting TakeOver = new(
        "take-over", SettingKind.Flag, "take the run from the process or the cluster that is training it", "false");
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
    public static readonly Setting TrainOnTurns = new("train-on", SettingKind.Text, "answers of a conversation that are learned", TrainOn.All, TrainOn.Choices);
    public static readonly Setting LongText = new(
        "long-texts", SettingKind.Text, "texts longer than a block: split into blocks, or cut to the first", LongTexts.Split, LongTexts.All);
    public static readonly Setting ValidationSplit = new(
        "validation-split", SettingKind.Text, "share of the data that is only scored, as 0.1; or the split of a folder: validation, test");
    public static readonly Setting IgnoreFields = new(
        "ignore-fields", SettingKind.Text, "fields of records and turns to train without, with commas between; others that are not used are an error");
    public static readonly Setting TrainOnPrompt = new("train-on-prompt", SettingKind.Flag, "learn the prompts too", "false");

    public static readonly Setting Samples = new("samples", SettingKind.Integer, "samples to show", "1");

    public static readonly Setting LogFormat = new(
        "log-format", SettingKind.Text, "auto: live on a terminal, else plain lines; json: one object per line", "auto", ["auto", "plain", "json"]);

    public static readonly Setting SiloLogFormat = new(
        "log-format", SettingKind.Text, "plain: one line per message; json: one object per message, with run, generation and step", "plain", ["plain", "json"]);

    public static readonly Setting Prompt = new("prompt", SettingKind.Text, "the text to go on from");
    public static readonly Setting MaxNewTokens = new("max-new-tokens", SettingKind.Integer, "longest continuation", "128");
    public static readonly Setting Temperature = new("temperature", SettingKind.Number, "0: the likeliest token; above: draw", "0");
    public static readonly Setting TopP = new("top-p", SettingKind.Number, "draw from the likeliest tokens with this probability together", "1");

    public static readonly Setting ClusterId = new("cluster-id", SettingKind.Text, "silos and clients with the same id find each other", "lisa");
    public static readonly Setting Redis = new("redis", SettingKind.Text, "Redis, as HOST:PORT, redis://USER:PASSWORD@HOST:PORT, rediss://… (TLS), or a StackExchange.Redis configuration", "localhost:6379");
    public static readonly Setting ClusterStore = new(
        "store", SettingKind.Text, "blob store that all share: a folder, an Azure Storage connection string, or a container's URL");
    public static readonly Setting SiloPort = new("silo-port", SettingKind.Integer, "port for other silos; where it is not given and the usual one is taken, any free one", "11111");
    public static readonly Setting GatewayPort = new("gateway-port", SettingKind.Integer, "port for clients; the same", "30000");
    public static readonly Setting HttpPort = new("http-port", SettingKind.Integer, "port for the HTTP API, /health and /metrics; beyond loopback only with --api-keys", "8080");
    public static readonly Setting TrainHttpPort = new("http-port", SettingKind.Integer, "port for the HTTP API on loopback, while it trains");
    public static readonly Setting ApiKeyFile = new("api-keys", SettingKind.Path, "file of keys for the HTTP API, made by lisa keys new");
    public static readonly Setting ModelsFolder = new("models", SettingKind.Path, "folder whose model folders the HTTP API may name");
    public static readonly Setting TlsCertificate = new("tls-certificate", SettingKind.Path, "PEM file with the certificate (and its chain) for HTTPS");
    public static readonly Setting TlsKey = new("tls-key", SettingKind.Path, "PEM file with the certificate's private key");
    public static readonly Setting MaxUpload = new("max-upload-mb", SettingKind.Integer, "largest file that the HTTP API takes, in MiB", "512");
    public static readonly Setting RequestsPerMinute = new(
        "requests-per-minute", SettingKind.Integer, "requests that one key may make of this server in a minute", "600");
    public static readonly Setting Scope = new("scope", SettingKind.Text, "what the key may do", ApiScopes.Read, ApiScopes.All);
    public static readonly Setting TensorPort = new("tensor-port", SettingKind.Integer, "port for tensors from other silos; 0 for any free one", "0");
    public static readonly Setting Host = new("host", SettingKind.Text, "address at which others reach this silo; beyond loopback a secret is needed", "127.0.0.1");
    public static readonly Setting Roles = new("roles", SettingKind.Text, "gpu: holds layers and computes; control: holds the grains that run the show", "gpu,control");
    public static readonly Setting SiloThreads = new("threads", SettingKind.Integer, "intra-op threads to offer (default: all cores)");
    public static readonly Setting Memory = new("memory-gb", SettingKind.Number, "memory to offer to tensors; 0 for no limit", "0");
    public static readonly Setting MaxRuns = new("max-runs", SettingKind.Integer, "runs that may train on this silo at one time; more wait", "4");
    public static readonly Setting SecretFile = new(
        "cluster-secret-file", SettingKind.Path, "file with the secret of the cluster (or LISA_CLUSTER_SECRET); on loopback the cluster id will do");
    public static readonly Setting ProbeTimeout = new("probe-timeout-seconds", SettingKind.Number, "a silo that is silent for so long misses a probe", "1.5");
    public static readonly Setting MissedProbes = new("missed-probes", SettingKind.Integer, "missed probes after which a silo is declared dead", "2");
    public static readonly Setting DrainTimeout = new("drain-timeout-seconds", SettingKind.Number, "how long moving away may take when the silo is to leave", "25");
    public static readonly Setting Preemption = new("preemption", SettingKind.Text, "cloud to ask for preemption notices", "none", ["none", .. PreemptionSources.Names]);
    public static readonly Setting EventsEndpoint = new(
        "scheduled-events-endpoint", SettingKind.Text, "URL of the cloud's service for notices, where it is not the usual one; alone it means azure");
    public static readonly Setting MachineName = new("machine-name", SettingKind.Text, "this machine's name in scheduled events (default: the host's name)");

    public static readonly Setting Priority = new("priority", SettingKind.Integer, "of runs that wait for silos the highest goes first; -100 to 100", "0");

    private static readonly Setting[] s_cluster = [ClusterId, Redis];
    private static readonly Setting[] s_http = [ApiKeyFile, ModelsFolder, TlsCertificate, TlsKey, MaxUpload, RequestsPerMinute];

    private static readonly Setting[] s_data = [Template, DataFormat, PromptField, CompletionField, TextField, IgnoreFields, TrainOnTurns, TrainOnPrompt, LongText];
    private static readonly Setting[] s_lisa = [Method, ActivatedLayers, IntervalSteps, Strategy, FixedLayers, TrainEmbeddings];
    private static readonly Setting[] s_batches = [BatchSize, Accumulation, BlockSize];

    public static IReadOnlyList<Setting> Train { get; } =
    [
        Model, DataFile, Output, EvalData, ValidationSplit, Store, RunName, Priority, Overwrite, TakeOver, SamplePrompt,
        .. s_lisa,
        MaxSteps, Epochs, .. s_batches, Packing,
        LearningRate, Scheduler, WarmupRatio, WarmupSteps, WeightDecay, MaxGradNorm, Beta1, Beta2, Epsilon,
        Dtype, StateDtype, Checkpointing, Seed, Threads, SaveSteps, EvalSteps,
        .. s_data, LogFormat, TrainHttpPort, .. s_http,
    ];

    public static IReadOnlyList<Setting> Silo { get; } =
    [
        .. s_cluster, ClusterStore, SiloPort, GatewayPort, HttpPort, TensorPort, Host, Roles, SiloThreads, Memory, MaxRuns, SecretFile,
        ProbeTimeout, MissedProbes, DrainTimeout, Preemption, EventsEndpoint, MachineName, SiloLogFormat, .. s_http,
    ];

    public static IReadOnlyList<Setting> Submit { get; } =
    [
        .. s_cluster,
        .. Train.Select(s => s == Store ? ClusterStore : s)
            .Where(s => s != Output && s != TakeOver && s != SamplePrompt && s != LogFormat && s != TrainHttpPort && !s_http.Contains(s)),
    ];

    public static IReadOnlyList<Setting> NewKey { get; } = [Scope, ApiKeyFile];

    public static IReadOnlyList<Setting> Control { get; } = [.. s_cluster, ClusterStore];

    public static IReadOnlyList<Setting> Resume { get; } = [.. Control, TakeOver];

    public static IReadOnlyList<Setting> Show { get; } = [.. s_cluster, ClusterStore, LogFormat];

    public static IReadOnlyList<Setting> Eval { get; } = [Model, DataFile, BatchSize, BlockSize, Dtype, Threads, .. s_data, LogFormat];

    /// <summary>Those of train, so that the same line or file tells what would be trained on.</summary>
    public static IReadOnlyList<Setting> Inspect { get; } = [.. Train, Samples];

    public static IReadOnlyList<Setting> Generate { get; } =
        [Model, Prompt, MaxNewTokens, Temperature, TopP, Seed, Template, Dtype, Threads];

    public static IReadOnlyList<Setting> Plan { get; } =
        [Model, Method, ActivatedLayers, TrainEmbeddings, .. s_batches, Dtype, StateDtype, Checkpointing, LogFormat];

    public static IReadOnlyList<Setting> Export { get; } = [.. s_cluster, ClusterStore, Output];
}
