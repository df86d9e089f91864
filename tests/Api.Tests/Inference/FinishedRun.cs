using System.Security.Cryptography;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Api.Tests;

/// <summary>A run of the sample model in a store of its own, trained on an embedded silo.</summary>
internal sealed class FinishedRun : IDisposable
{
    private readonly TempFolder _folder = new();

    public FinishedRun() => Store = new FolderBlobStore(_folder["store"]);

    public FolderBlobStore Store { get; }

    /// <summary>Where <see cref="ExportAsync"/> writes to: a model folder within <see cref="Models"/>.</summary>
    public string Exported => Path.Combine(Models, "exported");

    public string Models => _folder["models"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async Task ImportAsync(
        string name, string template = "plain", string dtype = "float32", long steps = 6, int threads = 1,
        string compute = TrainingSpec.AutoDtype)
    {
        var samples = Path.Combine(Repository.Root, "samples");
        await RunImporter.ImportAsync(
            Store,
            new RunRequest
            {
                ModelFolder = Path.Combine(samples, "tiny-stories"),
                DataFile = Path.Combine(samples, "animals.jsonl"),
                Dataset = new DatasetSettings { Template = template },
                Spec = new TrainingSpec
                {
                    RunName = name,
                    LisaIntervalSteps = 4,
                    MaxSteps = steps,
                    LearningRate = 1e-3,
                    PerDeviceTrainBatchSize = 4,
                    BlockSize = 128,
                    Dtype = dtype,
                    ComputeDtype = compute,
                    Threads = threads,
                },
            },
            null,
            Token);
    }

    /// <summary>Brings in a model that is to learn a few records by heart.</summary>
    public Task ImportAsync(string name, string model, string data) => RunImporter.ImportAsync(
        Store,
        new RunRequest
        {
            ModelFolder = model,
            DataFile = data,
            Spec = new TrainingSpec
            {
                RunName = name,
                Method = TrainingMethods.Full,
                MaxSteps = 120,
                LearningRate = 3e-3,
                PerDeviceTrainBatchSize = 1,
                BlockSize = 256,
                Dtype = "float32",
                Threads = 1,
            },
        },
        null, Token);

    public async Task TrainAsync(string name)
    {
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = Store }, Token);
        var run = silo.Grains.GetGrain<IRunGrain>(name);
        await run.Start();
        RunEnded? last = null;
        await foreach (var happened in run.Watch(EventPosition.Start, Token))
            if (happened is RunEnded ended) last = ended;
        Assert.True(last is { State: RunState.Succeeded }, $"{last?.State}: {last?.Error}");
    }

    /// <summary>Exports the model; returns the SHA-256 of its weights.</summary>
    public async Task<string> ExportAsync(string name)
    {
        await RunExporter.ExportAsync(Store, name, Exported, Token);
        return Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Path.Combine(Exported, "model.safetensors"), Token)));
    }

    public void Dispose() => _folder.Dispose();
}
