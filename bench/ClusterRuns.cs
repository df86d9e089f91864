using LisaOrleans.Cluster;
using LisaOrleans.Samples.Make;

namespace LisaOrleans.Bench;

/// <summary>
/// A training run in one process, and the same on clusters, which must give the same result: stories260K on gsm8k, which needs
/// the test assets, or a model of 300 M random weights in bfloat16.
/// </summary>
internal sealed class ClusterRuns(string folder, string[] training)
{
    // 24 layers of 12.8 M parameters, an embedding and a head of 4.2 M each.
    private static readonly RandomModelShape s_large = new(1024, 2816, 24, 16, 16, 4096, 256, Tied: false);

    /// <summary>What decides how much memory the runs on replicas need.</summary>
    public static TrainingSpec Replicated { get; } = new()
    {
        RunName = "replicas",
        PerDeviceTrainBatchSize = 4,
        GradientAccumulationSteps = 12,
        GradientLanes = 4,
        BlockSize = 256,
    };

    /// <summary>The folder with the test assets.</summary>
    public static string Assets { get; } =
        Environment.GetEnvironmentVariable("LISA_TEST_ASSETS") ?? Path.Combine(Executables.Repository, "..", "shared", "assets");

    public static ClusterRuns Prepare(int steps, int saveSteps, ulong seed)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-chaos-").FullName;
        string[] training =
        [
            "--model", Path.Combine(Assets, "stories260K"), "--data", Path.Combine(Assets, "gsm8k", "train.jsonl"),
            "--prompt-field", "question", "--completion-field", "answer", "--max-steps", $"{steps}", "--lisa-interval-steps", "10",
            "--per-device-train-batch-size", "4", "--gradient-accumulation-steps", "4", "--block-size", "256", "--learning-rate", "1e-3",
            "--save-steps", $"{saveSteps}", "--seed", $"{seed}", "--threads", "1",
        ];
        Console.WriteLine($"stories260K on gsm8k, {steps} steps, a manifest every {saveSteps}, everything in {folder}");
        return new ClusterRuns(folder, training);
    }

    /// <summary>300 M parameters in bfloat16; steps of few tokens, so that one takes less than a second on two cores.</summary>
    public static async Task<ClusterRuns> PrepareLargeAsync(int steps, int saveSteps, ulong seed)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-chaos-").FullName;
        var model = Directory.CreateDirectory(Path.Combine(folder, "untrained")).FullName;
        await RandomModel.WriteAsync(model, s_large, seed: 7);
        File.Copy(Path.Combine(BenchModel.Samples, "tiny-stories", "tokenizer.model"), Path.Combine(model, "tokenizer.model"));
        string[] training =
        [
            "--model", model, "--data", Path.Combine(BenchModel.Samples, "animals.jsonl"), "--dtype", "bfloat16",
            "--max-steps", $"{steps}", "--lisa-interval-steps", "10", "--per-device-train-batch-size", "1",
            "--gradient-accumulation-steps", "2", "--block-size", "16", "--learning-rate", "1e-4", "--save-steps", $"{saveSteps}",
            "--seed", $"{seed}", "--threads", "1",
        ];
        Console.WriteLine($"316 M parameters in bfloat16, {steps} steps, a manifest every {saveSteps}, everything in {folder}");
        return new ClusterRuns(folder, training);
    }

    /// <summary>
    /// Random weights in the shape of stories260K, twelve micro-batches of 4 x 256 tokens in four lanes: work that replicas can share, and
    /// nothing that a checkout does not have.
    /// </summary>
    public static async Task<ClusterRuns> PrepareReplicasAsync(int steps, int saveSteps, ulong seed)
    {
        var folder = Directory.CreateTempSubdirectory("lisa-chaos-").FullName;
        var (model, data) = (Directory.CreateDirectory(Path.Combine(folder, "untrained")).FullName, Path.Combine(folder, "data.jsonl"));
        await RandomModel.WriteAsync(model, BenchModel.Stories, seed: 7);
        File.Copy(Path.Combine(BenchModel.Samples, "tiny-stories", "tokenizer.model"), Path.Combine(model, "tokenizer.model"));
        await BenchModel.WriteDataAsync(data);
        string[] training =
        [
            "--model", model, "--data", data, "--long-texts", "cut", "--max-steps", $"{steps}", "--lisa-interval-steps", "10",
            "--per-device-train-batch-size", $"{Replicated.PerDeviceTrainBatchSize}",
            "--gradient-accumulation-steps", $"{Replicated.GradientAccumulationSteps}", "--gradient-lanes", $"{Replicated.GradientLanes}",
            "--block-size", $"{Replicated.BlockSize}", "--learning-rate", "1e-3", "--save-steps", $"{saveSteps}", "--seed", $"{seed}",
            "--threads", "1",
        ];
        Console.WriteLine($"stories260K's shape with random weights, {steps} steps, a manifest every {saveSteps}, everything in {folder}");
        return new ClusterRuns(folder, training);
    }

    /// <summary>Trains in one process, for comparison.</summary>
    public async Task TrainUndisturbedAsync()
    {
        await TestCluster.SucceedsAsync(folder, ["train", .. training, "--output", Path.Combine(folder, "one-process")]);
        DeleteStore(Path.Combine("one-process", "lisa-store"));
    }

    /// <summary>Deletes the store of a cluster that has ended: those of large models would fill a disk together.</summary>
    public void DeleteStoreOf(string name) => DeleteStore(Path.Combine(name, "store"));

    /// <summary>Starts a cluster and a run of that name on it.</summary>
    public async Task<TestCluster> StartAsync(string name, ClusterSettings settings)
    {
        var cluster = await StartEmptyAsync(name, settings);
        await SubmitAsync(cluster, name);
        return cluster;
    }

    /// <summary>Starts a cluster without a run.</summary>
    public Task<TestCluster> StartEmptyAsync(string name, ClusterSettings settings) =>
        TestCluster.StartAsync(Directory.CreateDirectory(Path.Combine(folder, name)).FullName, settings);

    /// <summary>Starts a run of that name on a cluster.</summary>
    public Task SubmitAsync(TestCluster cluster, string name, params string[] more) => TestCluster.SucceedsAsync(
        cluster.Folder, ["submit", .. cluster.Connection, "--store", cluster.Store, "--run-name", name, .. training, .. more]);

    /// <summary>How much a run that has ended differs from the one in one process.</summary>
    public async Task<int> CompareAsync(TestCluster cluster, string name, RunStatus end)
    {
        var output = Path.Combine(cluster.Folder, $"model-{name}");
        await TestCluster.SucceedsAsync(cluster.Folder, ["export", name, "--store", cluster.Store, "--output", output]);
        var found = RunFiles.Differences(Path.Combine(folder, "one-process"), output);
        Console.WriteLine(
            $"{name}: {end.State}, generation {end.Generation}, {end.Recoveries} recoveries; {found.Count} differences from one process");
        foreach (var line in found.Take(5)) Console.WriteLine("  " + line);
        return found.Count;
    }

    private void DeleteStore(string path)
    {
        var store = Path.Combine(folder, path);
        if (Directory.Exists(store)) Directory.Delete(store, recursive: true);
    }
}
