using LisaOrleans.Api;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Dashboard.Tests;

/// <summary>An embedded silo with its HTTP server and a store of its own: what <c>lisa train --http-port</c> runs.</summary>
internal sealed class DashboardSilo : IAsyncDisposable
{
    private readonly TempFolder _folder;
    private readonly FolderBlobStore _store;
    private readonly EmbeddedSilo _silo;

    private DashboardSilo(TempFolder folder, FolderBlobStore store, EmbeddedSilo silo) => (_folder, _store, _silo) = (folder, store, silo);

    public IBlobStore Store => _store;

    public Uri Address => _silo.HttpAddress!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<DashboardSilo> StartAsync(ApiKeys? keys = null, IReadOnlyList<string>? origins = null)
    {
        var folder = new TempFolder();
        var store = new FolderBlobStore(folder["store"]);
        var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions
            {
                Store = store,
                HttpPort = 0,
                Http = new DashboardServer(new ApiServerOptions { Keys = keys, AllowedOrigins = origins ?? [], RequestsPerMinute = 1_000_000 }),
            }, Token);
        return new DashboardSilo(folder, store, silo);
    }

    public IRunGrain Run(string name) => _silo.Grains.GetGrain<IRunGrain>(name);

    /// <summary>Imports a run of the sample model, on texts or on pairs of answers, and starts it.</summary>
    public async Task<IRunGrain> TrainAsync(string name, Func<TrainingSpec, TrainingSpec>? with = null, bool pairs = false)
    {
        var spec = new TrainingSpec
        {
            RunName = name,
            LisaIntervalSteps = 4,
            MaxSteps = 24,
            LearningRate = 1e-3,
            PerDeviceTrainBatchSize = 2,
            BlockSize = 64,
            Dtype = "float32",
            Seed = 5,
            SaveSteps = 6,
            EvalSteps = 8,
            Threads = 1,
        };
        spec = with?.Invoke(spec) ?? spec;
        var sample = Path.Combine(Repository.Root, "samples");
        await RunImporter.ImportAsync(
            _store,
            new RunRequest
            {
                ModelFolder = Path.Combine(sample, "tiny-stories"),
                DataFile = Path.Combine(sample, pairs ? "animals-pairs.jsonl" : "animals.jsonl"),
                EvalDataFile = pairs ? null : Path.Combine(sample, "animals-held-out.jsonl"),
                Spec = spec,
            },
            null, Token);
        var run = Run(name);
        await run.Start();
        return run;
    }

    /// <summary>Trains a run to its end.</summary>
    public async Task<RunEnded> FinishAsync(string name, Func<TrainingSpec, TrainingSpec>? with = null, bool pairs = false)
    {
        var run = await TrainAsync(name, with, pairs);
        await foreach (var happened in run.Watch(EventPosition.Start, Token))
            if (happened is RunEnded ended) return ended;
        throw new InvalidOperationException("the run's events ended before the run did");
    }

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _folder.Dispose();
    }
}
