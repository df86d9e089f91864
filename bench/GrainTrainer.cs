using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;
using LisaOrleans.Training;

namespace LisaOrleans.Bench;

/// <summary>A run as <c>lisa train</c> does it: import into a folder store, grains of an embedded silo.</summary>
internal static class GrainTrainer
{
    /// <value>One row from each text, so that all rows are of one length.</value>
    public static DatasetSettings Dataset { get; } = new() { LongTexts = "cut" };

    /// <summary>Trains to the end in a new store and reports each step.</summary>
    public static Task Run(string root, string model, string data, TrainingSpec spec, Action<StepRecord> step) =>
        Run(new FolderBlobStore(Path.Combine(root, "store-" + Guid.NewGuid().ToString("N"))), model, data, spec, step);

    /// <summary>Trains to the end in a new store, which is deleted afterwards, and reports each step.</summary>
    public static async Task Run(string root, RunRequest request, Action<StepRecord> step)
    {
        var folder = Path.Combine(root, "store-" + Guid.NewGuid().ToString("N"));
        try
        {
            await Run(new FolderBlobStore(folder), request, step);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Trains to the end, from where the run in the store is, and reports each step.</summary>
    public static Task Run(
        IBlobStore store, string model, string data, TrainingSpec spec, Action<StepRecord> step, Action<ManifestSaved>? saved = null) =>
        Run(store, new RunRequest { ModelFolder = model, DataFile = data, Dataset = Dataset, Spec = spec }, step, saved);

    private static async Task Run(IBlobStore store, RunRequest request, Action<StepRecord> step, Action<ManifestSaved>? saved = null)
    {
        await RunImporter.ImportAsync(store, request, null, CancellationToken.None);
        await using var silo = await EmbeddedSilo.StartAsync(
            new EmbeddedSiloOptions { Store = store }, CancellationToken.None);
        var run = silo.Grains.GetGrain<IRunGrain>(request.Spec.RunName);
        await run.Start();
        await foreach (var happened in run.Watch(EventPosition.Start))
        {
            if (happened is StepCompleted completed) step(completed.Record);
            if (happened is ManifestSaved manifest) saved?.Invoke(manifest);
            if (happened is not RunEnded ended) continue;
            if (ended.State != RunState.Succeeded) throw new InvalidOperationException($"the run ended as {ended.State}: {ended.Error}");
            return;
        }
    }
}
