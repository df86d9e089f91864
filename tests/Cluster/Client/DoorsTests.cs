using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cluster.Tests;

/// <summary>The same run, submitted by program, client or HTTP, is stored as the same run.</summary>
public sealed class DoorsTests
{
    private const string Model = "half";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task TrainingSpec_same_run_by_program_client_and_http_is_stored_with_the_same_bytes()
    {
        Assert.SkipWhen(Executables.Redis is null, "redis-server is not on PATH");
        using var folder = new TempFolder();
        var (models, data) = (folder["models"], Path.Combine(Executables.Repository, "samples", "animals.jsonl"));
        await CopyModelAsync(Path.Combine(models, Model));
        await using var cluster = await TestCluster.StartAsync(
            folder.Root, new ClusterSettings(Silos: 1, Azurite: false, Options: ["--models", models]));

        // Dtype, block size and threads are left to the cluster; the rest is given by our names and those of other trainers.
        // What to compute in would be measured by each door anew.
        await File.WriteAllTextAsync(
            folder["run.yaml"],
            "max_steps: 1\nlr: 3e-4\nlisa_strategy: round-robin\nweight_decay: 0.1\ntrain_on_prompt: true\nseed: 7\ndtype: ~\ncompute_dtype: float32", Token);
        var (code, text) = await SubmitAsync("program");
        Assert.True(code == 0, text);

        await cluster.Client.SubmitAsync(
            new RunRequest
            {
                ModelFolder = Path.Combine(models, Model),
                DataFile = data,
                Dataset = new DatasetSettings { TrainOnPrompt = true },
                Spec = new TrainingSpec
                {
                    RunName = "client",
                    MaxSteps = 1,
                    LearningRate = 3e-4,
                    LisaStrategy = "round-robin",
                    WeightDecay = 0.1,
                    WarmupRatio = 0.5,
                    Seed = 7,
                    ComputeDtype = "float32",
                },
            },
            null,
            Token);

        var job = await SubmitJobAsync(cluster.Silos[0].Http, data, new JsonObject
        {
            ["max_steps"] = 1,
            ["learning_rate"] = 3e-4,
            ["lisa_strategy"] = "round-robin",
            ["weight_decay"] = 0.1,
            ["warmup_ratio"] = 0.5,
            ["train_on_prompt"] = true,
            ["block_size"] = null,
            ["compute_dtype"] = "float32",
        });

        var expected = await SpecAsync(cluster.Store, "program");
        Assert.Contains("\"Dtype\":\"bfloat16\"", expected, StringComparison.Ordinal);
        Assert.Contains("\"BlockSize\":256", expected, StringComparison.Ordinal);
        Assert.Contains("\"LearningRate\":0.0003", expected, StringComparison.Ordinal);
        Assert.Equal(expected, await SpecAsync(cluster.Store, "client"));
        Assert.Equal(expected, await SpecAsync(cluster.Store, job));

        // What the config.json of a new run may not say does not end one that has begun with it.
        await ChangeConfigAsync(Path.Combine(models, Model), c => c["is_causal"] = false);
        (code, text) = await SubmitAsync("program");
        Assert.True(code == 0, text);
        (code, text) = await SubmitAsync("new");
        Assert.True(code == 2, text);
        Assert.Contains("field 'is_causal' is false", text, StringComparison.Ordinal);

        Task<(int Code, string Output)> SubmitAsync(string run) => TestCluster.LisaAsync(
            folder.Root,
            "submit", "--config", folder["run.yaml"], "--cluster-id", TestCluster.Id, "--redis", $"127.0.0.1:{cluster.Redis.Port}",
            "--store", cluster.Store, "--model", Path.Combine(models, Model), "--data", data, "--run-name", run, "--warmup_ratio", "0.5");
    }

    // Its config.json says bfloat16, and its weights are float32.
    private static async Task CopyModelAsync(string target)
    {
        Directory.CreateDirectory(target);
        foreach (var file in Directory.GetFiles(Path.Combine(Executables.Repository, "samples", "tiny-stories")))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        await ChangeConfigAsync(target, c => c["torch_dtype"] = "bfloat16");
    }

    private static async Task ChangeConfigAsync(string folder, Action<JsonObject> change)
    {
        var path = Path.Combine(folder, "config.json");
        var config = JsonNode.Parse(await File.ReadAllTextAsync(path, Token))!.AsObject();
        change(config);
        await File.WriteAllTextAsync(path, config.ToJsonString(), Token);
    }

    private static async Task<string> SubmitJobAsync(Uri silo, string data, JsonObject hyperparameters)
    {
        using var jobs = new HttpJobs(silo);
        var job = await jobs.CreateAsync(
            new JsonObject
            {
                ["model"] = Model,
                ["training_file"] = await jobs.UploadAsync(data, null, Token),
                ["seed"] = 7,
                ["method"] = new JsonObject { ["type"] = "lisa", ["lisa"] = new JsonObject { ["hyperparameters"] = hyperparameters } },
            },
            Token);
        var id = (string)job["id"]!;

        // The answer has all settings, and may be sent again as it is.
        var settings = job["method"]!["lisa"]!["hyperparameters"]!;
        Assert.Equal(0.1.ToString(CultureInfo.InvariantCulture), settings["weight_decay"]!.ToJsonString());
        await foreach (var _ in jobs.EventsAsync(id, null, Token))
        {
        }

        return id;
    }

    // The bytes of the stored settings, with the run's name left out.
    private static async Task<string> SpecAsync(string folder, string run)
    {
        var store = new FolderBlobStore(folder);
        var head = await RunStore.ReadHeadAsync(store, run, Token);
        var manifest = await RunStore.ReadManifestAsync(store, head!.Manifest!, Token);
        using var blob = await store.ReadAsync(manifest.Spec, Token);
        return Encoding.UTF8.GetString(blob.ToArray()).Replace($"\"{run}\"", "\"…\"", StringComparison.Ordinal);
    }
}
