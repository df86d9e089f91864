using System.Security.Cryptography;
using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Grains.Tests;

/// <summary>A run in a store of its own, on an embedded silo: the product, without the command line.</summary>
internal sealed class TestRun : IDisposable
{
    private readonly TempFolder _folder;
    private readonly string _name;

    private TestRun(string name, TempFolder? folder = null)
    {
        (_name, _folder) = (name, folder ?? new TempFolder());
        Store = new FolderBlobStore(_folder["store"]);
    }

    public FolderBlobStore Store { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Imports a run.</summary>
    public static Task<TestRun> ImportAsync(TrainingSpec spec, string? model = null, string? evalFile = null) =>
        ImportAsync(TinyStories.Request(spec, model) with { EvalDataFile = evalFile });

    /// <summary>Imports a run.</summary>
    public static async Task<TestRun> ImportAsync(RunRequest request)
    {
        var run = new TestRun(request.Spec.RunName);
        await RunImporter.ImportAsync(run.Store, request, null, Token);
        return run;
    }

    /// <summary>A run that is there already, in the folder's <c>store</c>.</summary>
    public static TestRun Open(string name, TempFolder folder) => new(name, folder);

    /// <summary>Another run of the same store, which goes with this one.</summary>
    public TestRun Beside(string name) => new(name, _folder);

    /// <summary>Imports another run into the same store.</summary>
    public async Task<TestRun> AnotherAsync(RunRequest request)
    {
        var run = Beside(request.Spec.RunName);
        await RunImporter.ImportAsync(run.Store, request, null, Token);
        return run;
    }

    /// <summary>Imports a run and trains it to its end.</summary>
    public static async Task<TestRun> TrainAsync(TrainingSpec spec, string? model = null)
    {
        var run = await ImportAsync(spec, model);
        await run.FinishAsync();
        return run;
    }

    /// <summary>Starts or resumes it on a new silo.</summary>
    /// <param name="pauseAt">The step after which it is paused; null to train to the end.</param>
    /// <param name="during">Called with the run once it was started, at the same time as the training.</param>
    /// <param name="after">Where the watch begins; null for the start.</param>
    /// <param name="seen">Gets the events.</param>
    /// <param name="start">False to watch only.</param>
    /// <param name="through">What stands between the silo and the store; null for nothing.</param>
    /// <param name="options">How the run behaves; null for the defaults.</param>
    public async Task<RunEnded> ContinueAsync(
        long? pauseAt = null, Func<IRunGrain, Task>? during = null, EventPosition? after = null, List<TrainingEvent>? seen = null, bool start = true,
        IBlobStore? through = null, RunOptions? options = null)
    {
        var runs = options ?? new RunOptions();
        if (pauseAt is not null) runs = runs with { LastStep = pauseAt };
        await using var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Store = through ?? Store, Runs = runs }, Token);
        var run = silo.Grains.GetGrain<IRunGrain>(_name);
        if (start) await run.Start();
        var other = during?.Invoke(run) ?? Task.CompletedTask;
        RunEnded? last = null;
        await foreach (var happened in run.Watch(after ?? EventPosition.Start, Token))
        {
            seen?.Add(happened);
            if (happened is RunEnded ended) last = ended;
        }

        await other;
        return last ?? throw new InvalidOperationException("the run's events ended before the run did");
    }

    /// <summary>Trains from wherever it is to the end, on a new silo.</summary>
    public async Task FinishAsync(Func<IRunGrain, Task>? during = null)
    {
        var ended = await ContinueAsync(during: during);
        Assert.True(ended.State == RunState.Succeeded, $"{ended.State}: {ended.Error}");
    }

    public async Task<IReadOnlyList<StepRecord>> HistoryAsync() => await RunExporter.ReadHistoryAsync(Store, _name, Token);

    /// <summary>Exports the last manifest; returns the folder.</summary>
    public Task<string> ExportAsync() => ExportAsync("");

    /// <summary>Exports a manifest; returns the folder.</summary>
    /// <param name="at">Which: <c>@STEP</c> or <c>@best</c>; empty for the last.</param>
    public async Task<string> ExportAsync(string at)
    {
        await RunExporter.ExportAsync(Store, _name + at, _folder["out"], Token);
        return _folder["out"];
    }

    /// <summary>The last manifest.</summary>
    public async Task<Manifest> ManifestAsync() =>
        await RunStore.ReadManifestAsync(Store, (await RunStore.ReadHeadAsync(Store, _name, Token))!.Manifest!, Token);

    /// <summary>SHA-256 of the exported weights.</summary>
    public async Task<string> WeightsShaAsync(string at = "") =>
        Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(WeightsIn(await ExportAsync(at)), Token)));

    /// <summary>The exported weights, by name.</summary>
    public async Task<IReadOnlyDictionary<string, byte[]>> WeightsAsync() => ReadWeights(await ExportAsync());

    /// <summary>Names of the tensors that the last manifest holds of a part that trains.</summary>
    public async Task<IReadOnlyList<string>> StateNamesAsync(string part)
    {
        var state = (await ManifestAsync()).Parts[part].Optimizer!;
        using var reader = SafetensorsReader.FromBlob(await Store.ReadAsync(state, Token), state.Sha256);
        return [.. reader.Tensors.Keys];
    }

    public static IReadOnlyDictionary<string, byte[]> ReadWeights(string folder)
    {
        using var reader = SafetensorsReader.OpenFile(WeightsIn(folder));
        return reader.Tensors.Values.ToDictionary(t => t.Name, reader.ReadBytes);
    }

    // A model's, or those of an adapter.
    private static string WeightsIn(string folder) =>
        Path.Combine(folder, File.Exists(Path.Combine(folder, AdapterFiles.Weights)) ? AdapterFiles.Weights : WeightFiles.Single);

    public void Dispose() => _folder.Dispose();
}
