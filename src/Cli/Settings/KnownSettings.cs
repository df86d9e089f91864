using LisaOrleans.Api;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary>Every setting of every command. Flags, settings files, help and checks are all made from these tables.</summary>
internal static class KnownSettings
{
    private static readonly Setting[] s_training = [.. RunSettings.Table.All.Select(s => new Setting(s))];

    public static readonly Setting Model = new(
        "model", SettingKind.Path,
        "Hugging Face model folder: config.json, *.safetensors and the tokenizer's files; or ORG/MODEL of the hub")
    {
        Aliases = ["model_name_or_path"],
        Instead = ["base_model", "pretrained_model_name_or_path", "model_id"],
    };

    public static readonly Setting Adapter = new(
        "adapter", SettingKind.Path, "PEFT folder with an adapter for the model; in training, the one that it begins with")
    {
        Aliases = ["adapter_name_or_path"],
        Instead = ["peft_model_id", "lora_model_dir"],
    };

    public static readonly Setting DataFile = new(
        "data", SettingKind.Sources,
        "training data: files, folders (FOLDER#NAME for a part) or patterns, by commas or several times; FILE:0.5 uses half of a file")
    {
        Aliases = ["train_file"],
        Instead = ["dataset", "datasets", "dataset_name", "dataset_path", "train_data"],
    };

    public static readonly Setting Output = new(
        "output", SettingKind.Path, "folder for the trained model, trainer_log.jsonl, ledger.jsonl and tensorboard/")
    {
        Aliases = ["output_dir"],
        Instead = ["logging_dir"],
    };

    public static readonly Setting EvalData = new("eval-data", SettingKind.Sources, "evaluation data: scored, never trained on")
    {
        Aliases = ["validation_file"],
        Instead = ["eval_dataset"],
    };

    public static readonly Setting Store = new(
        "store", SettingKind.Text,
        "blob store that the run resumes from: a folder, s3://BUCKET/PREFIX, an Azure Storage connection string, or a container's URL "
        + "(default: OUTPUT/lisa-store)");
    public static readonly Setting Overwrite = new("overwrite", SettingKind.Flag, "start over if the run exists already", "false")
    {
        Instead = ["overwrite_output_dir"],
    };

    public static readonly Setting TakeOver = new(
        "take-over", SettingKind.Flag, "take the run over from the process or cluster that is training it", "false");

    public static readonly Setting SamplePrompt = new(
        "sample-prompt", SettingKind.Text, "prompt whose continuation is shown before and after training");

    public static readonly Setting Samples = new("samples", SettingKind.Integer, "number of samples to show", "1");

    public static readonly Setting LogFormat = new(
        "log-format", SettingKind.Text, "auto: live display on a terminal, plain lines elsewhere; json: one object per line",
        "auto", ["auto", "plain", "json"]);

    public static readonly Setting SiloLogFormat = new(
        "log-format", SettingKind.Text, "plain: one line per message; json: one object per message, with run, generation and step",
        "plain", ["plain", "json"]);

    public static readonly Setting Folder = new(
        "folder", SettingKind.Path, "the model's folder: config.json, *.safetensors and the tokenizer's files");

    public static readonly Setting Private = new(
        "private", SettingKind.Flag, "where the hub has no such model yet, show it to its owners only", "false");

    public static readonly Setting ExportFormat = new(
        "format", SettingKind.Text, "hf: a Hugging Face folder; gguf: a file for llama.cpp, with a Modelfile for Ollama", "hf", ["hf", "gguf"]);

    public static readonly Setting GgufType = new(
        "outtype", SettingKind.Text, "number format of the weights in a GGUF file", "f16", [.. GgufExporter.Types]);

    public static readonly Setting Prompt = new("prompt", SettingKind.Text, "text to continue");
    public static readonly Setting MaxNewTokens = new("max-new-tokens", SettingKind.Integer, "longest continuation, in tokens", "128");
    public static readonly Setting Temperature = new(
        "temperature", SettingKind.Number, "0 always takes the likeliest token; above 0, tokens are sampled", "0");
    public static readonly Setting TopP = new(
        "top-p", SettingKind.Number, "sample among the likeliest tokens whose probabilities add up to this", "1");

    public static readonly Setting ClusterId = new("cluster-id", SettingKind.Text, "silos and clients with the same id form a cluster", "lisa");
    public static readonly Setting Redis = new(
        "redis", SettingKind.Text,
        "Redis, as HOST:PORT, redis://USER:PASSWORD@HOST:PORT, rediss://… (TLS), or a StackExchange.Redis configuration", "localhost:6379");
    public static readonly Setting AzureTables = new(
        "azure-tables", SettingKind.Text,
        "Azure Table Storage instead of Redis: a connection string, or https://ACCOUNT.table.core.windows.net with a signature or for "
            + "DefaultAzureCredential");
    public static readonly Setting ClusterTlsCertificate = new(
        "cluster-tls-certificate", SettingKind.Path,
        "certificate for TLS between silos and clients, in PEM (with its chain) or PFX (password in LISA_CLUSTER_TLS_PASSWORD); both ends show one");
    public static readonly Setting ClusterTlsKey = new(
        "cluster-tls-key", SettingKind.Path, "PEM file with that certificate's private key, if its own file has none");
    public static readonly Setting ClusterTlsCa = new(
        "cluster-tls-ca", SettingKind.Path, "PEM file with the authorities that the certificates of the cluster's silos and clients come from");
    public static readonly Setting ClusterTlsName = new(
        "cluster-tls-name", SettingKind.Text, "name that the silos' certificates are for (default: the IP address at which a silo is reached)");
    public static readonly Setting ClusterStore = new(
        "store", SettingKind.Text,
        "blob store that all share: a folder, s3://BUCKET/PREFIX, an Azure Storage connection string, or a container's URL");
    public static readonly Setting S3Endpoint = new(
        "s3-endpoint", SettingKind.Text,
        "URL of the server of an s3:// store, if it is not AWS (default: AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL); keys are those of AWS's tools");
    public static readonly Setting S3Region = new(
        "s3-region", SettingKind.Text, "region of an s3:// store (default: AWS_REGION or the profile's; us-east-1 with an endpoint)");
    public static readonly Setting SiloPort = new(
        "silo-port", SettingKind.Integer, "port for other silos; if not given and the default is taken, any free port", "11111");
    public static readonly Setting GatewayPort = new(
        "gateway-port", SettingKind.Integer, "port for clients; if not given and the default is taken, any free port", "30000");
    public static readonly Setting HttpPort = new(
        "http-port", SettingKind.Integer, "port for the HTTP API, /health and /metrics; beyond loopback it requires --api-keys", "8080");
    public static readonly Setting TrainHttpPort = new("http-port", SettingKind.Integer, "port for the HTTP API during training, on loopback only");
    public static readonly Setting ApiKeyFile = new("api-keys", SettingKind.Path, "file with the HTTP API's keys, as lisa keys new writes it");
    public static readonly Setting AllowOrigin = new(
        "http-allow-origin", SettingKind.Names,
        "origins, separated by commas, whose web pages may use the HTTP API from a browser, such as https://app.example.com (CORS)");
    public static readonly Setting ModelsFolder = new("models", SettingKind.Path, "folder of models that requests to the HTTP API may name");
    public static readonly Setting TlsCertificate = new(
        "tls-certificate", SettingKind.Path, "PEM file with the certificate (and its chain) for HTTPS");
    public static readonly Setting TlsKey = new("tls-key", SettingKind.Path, "PEM file with the certificate's private key");
    public static readonly Setting MaxUpload = new("max-upload-mb", SettingKind.Integer, "largest file that the HTTP API accepts, in MiB", "512");
    public static readonly Setting RequestsPerMinute = new(
        "requests-per-minute", SettingKind.Integer, "requests per minute that one key may make to this server", "600");
    public static readonly Setting Scope = new("scope", SettingKind.Text, "what the key may do", ApiScopes.Read, ApiScopes.All);
    public static readonly Setting TensorPort = new("tensor-port", SettingKind.Integer, "port for tensors from other silos; 0 for any free one", "0");
    public static readonly Setting Host = new(
        "host", SettingKind.Text, "IP address at which others reach this silo; beyond loopback a cluster secret is required", "127.0.0.1");
    public static readonly Setting ListenAddress = new(
        "listen-address", SettingKind.Text,
        "IP address to listen at, 0.0.0.0 for all, where others reach this silo at another one (default: --host)");
    public static readonly Setting ListenSiloPort = new(
        "listen-silo-port", SettingKind.Integer, "port to listen at for other silos, where they reach it as --silo-port");
    public static readonly Setting ListenGatewayPort = new(
        "listen-gateway-port", SettingKind.Integer, "port to listen at for clients, where they reach it as --gateway-port");
    public static readonly Setting ListenTensorPort = new(
        "listen-tensor-port", SettingKind.Integer, "port to listen at for tensors, where other silos reach it as --tensor-port");
    public static readonly Setting Roles = new(
        "roles", SettingKind.Names, "gpu: holds layers and computes; control: hosts the grains that coordinate runs", "gpu,control");
    public static readonly Setting SiloThreads = new("threads", SettingKind.Integer, "intra-op threads to offer (default: all cores)");
    public static readonly Setting Memory = new(
        "memory-gb", SettingKind.Number,
        "memory for tensors, in gigabytes; 0 for no limit (default: what the GPU, or else the machine or container, has, less a tenth)");
    public static readonly Setting MaxRuns = new("max-runs", SettingKind.Integer, "most runs that train on this silo at once; others wait", "4");
    public static readonly Setting SecretFile = new(
        "cluster-secret-file", SettingKind.Path, "file with the cluster's secret (or set LISA_CLUSTER_SECRET); not needed on loopback");
    public static readonly Setting ProbeTimeout = new(
        "probe-timeout-seconds", SettingKind.Number, "how long a silo may take to answer a probe", "1.5");
    public static readonly Setting MissedProbes = new("missed-probes", SettingKind.Integer, "missed probes after which a silo is declared dead", "2");
    public static readonly Setting DrainTimeout = new(
        "drain-timeout-seconds", SettingKind.Number, "how long a leaving silo may take to move its parts away", "25");

    /// <summary>What trains, and the run's name.</summary>
    public static Setting Method { get; } = Of(nameof(TrainingSpec.Method));
    public static Setting RunName { get; } = Of(nameof(TrainingSpec.RunName));

    private static readonly Setting[] s_cluster =
        [ClusterId, Redis, AzureTables, ClusterTlsCertificate, ClusterTlsKey, ClusterTlsCa, ClusterTlsName];
    private static readonly Setting[] s_s3 = [S3Endpoint, S3Region];
    private static readonly Setting[] s_store = [ClusterStore, .. s_s3];
    private static readonly Setting[] s_listening =
        [SiloPort, GatewayPort, HttpPort, TensorPort, Host, ListenAddress, ListenSiloPort, ListenGatewayPort, ListenTensorPort];

    /// <summary>Those of the server that silos have, and <c>lisa train</c> where it is given a port.</summary>
    public static IReadOnlyList<Setting> HttpServer { get; } =
        [ApiKeyFile, AllowOrigin, ModelsFolder, TlsCertificate, TlsKey, MaxUpload, RequestsPerMinute];
    /// <summary>Those that say how records become samples.</summary>
    public static IReadOnlyList<Setting> Data { get; } = [.. s_training.Where(s => s.Training!.Record == typeof(DatasetSettings))];

    public static IReadOnlyList<Setting> Train { get; } =
    [
        Model, Adapter, DataFile, Output, EvalData, Store, .. s_s3, HistorySettings.Resume, Overwrite, TakeOver, SamplePrompt, .. s_training,
        LogFormat, TrainHttpPort, .. HttpServer,
    ];

    public static IReadOnlyList<Setting> Silo { get; } =
    [
        .. s_cluster, .. s_store, .. s_listening, Roles, SiloThreads, Memory, MaxRuns, SecretFile,
        ProbeTimeout, MissedProbes, DrainTimeout, .. PreemptionSettings.All, SiloLogFormat, .. HttpServer,
    ];

    public static IReadOnlyList<Setting> Submit { get; } =
    [
        .. s_cluster,
        .. Train.Select(s => s == Store ? ClusterStore : s)
            .Except([Output, HistorySettings.Resume, TakeOver, SamplePrompt, LogFormat, TrainHttpPort, .. HttpServer]),
    ];

    public static IReadOnlyList<Setting> NewKey { get; } = [Scope, ApiKeyFile];
    public static IReadOnlyList<Setting> Control { get; } = [.. s_cluster, .. s_store];
    public static IReadOnlyList<Setting> ResumeRun { get; } = [.. Control, TakeOver];
    public static IReadOnlyList<Setting> Show { get; } = [.. s_cluster, .. s_store, LogFormat];

    public static IReadOnlyList<Setting> Eval { get; } =
    [
        .. HistorySettings.AnyModel, DataFile, Of(nameof(TrainingSpec.PerDeviceTrainBatchSize)), Of(nameof(TrainingSpec.BlockSize)),
        Of(nameof(TrainingSpec.Dtype)), Of(nameof(TrainingSpec.Threads)), .. Data, LogFormat,
    ];

    /// <summary>Those of train, so that the same line or file tells what would be trained on.</summary>
    public static IReadOnlyList<Setting> Inspect { get; } = [.. Train.Where(s => s != HistorySettings.Resume), Samples];

    public static IReadOnlyList<Setting> Generate { get; } =
    [
        .. HistorySettings.AnyModel, Prompt, MaxNewTokens, Temperature, TopP, Of(nameof(TrainingSpec.Seed)), Of(nameof(DatasetSettings.Template)),
        Of(nameof(TrainingSpec.Dtype)), Of(nameof(TrainingSpec.Threads)),
    ];

    public static IReadOnlyList<Setting> Merge { get; } = [Model, Adapter, Output, Of(nameof(TrainingSpec.Dtype))];

    public static IReadOnlyList<Setting> Plan { get; } =
    [
        Model,
        .. s_training.Where(s => s.Training!.Group is not (SettingGroups.Run or SettingGroups.Data)),
        Of(nameof(TrainingSpec.SaveSteps)), .. PlanSettings.All, LogFormat,
    ];

    public static IReadOnlyList<Setting> Export { get; } = [.. s_cluster, .. s_store, Output, ExportFormat, GgufType];

    public static IReadOnlyList<Setting> Doctor { get; } = [.. s_cluster, .. s_store, .. s_listening, ApiKeyFile, LogFormat];

    public static IReadOnlyList<Setting> Push { get; } = [Folder, Private];
    public static IReadOnlyList<Setting> History => Show;
    public static IReadOnlyList<Setting> Fork { get; } = [.. Control, .. s_training];
    /// <summary>What the environment may say of a fork. What else it holds is meant for silos and new runs.</summary>
    public static IReadOnlyList<Setting> ForkEnvironment { get; } = [.. Control, RunName];

    /// <summary>Every setting of every command.</summary>
    public static IReadOnlyList<Setting> All =>
        [.. ((IReadOnlyList<Setting>[])[Train, Silo, Submit, NewKey, Show, Eval, Inspect, Generate, Merge, Plan, Export, Push, History, Fork,
            StoreSettings.All, ReplaySettings.All])
            .SelectMany(s => s).Distinct()];

    private static Setting Of(string property) => s_training.Single(s => s.Training!.Property == property);
}
