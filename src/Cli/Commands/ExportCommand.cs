using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa export</c>: a manifest of a run as a Hugging Face folder, with its logs, or as a GGUF file.</summary>
internal static class ExportCommand
{
    public static async Task<int> Run(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        var store = await ClusterStores.Open(values, cancellationToken, mustExist: true);
        try
        {
            return await Export(values, store, run!, cancellationToken);
        }
        catch (DamagedBlobException e)
        {
            throw await RunBlobs.NameAsync(store, ManifestAddress.Parse(run!).Run, e, cancellationToken);
        }
        catch (Exception e) when (StoreRefusal.Find(e, values.FullPath(KnownSettings.Output)) is { } refusal)
        {
            throw refusal;
        }
    }

    private static async Task<int> Export(SettingValues values, IBlobStore store, string run, CancellationToken cancellationToken)
    {
        var output = values.FullPath(KnownSettings.Output);
        var name = ManifestAddress.Parse(run).Run;
        var history = await RunExporter.ReadHistoryAsync(store, run, cancellationToken);
        OutputFolder.CheckNotTrained(OutputFolder.Prepare(output));
        if (values.Text(KnownSettings.ExportFormat) == "gguf")
        {
            var type = GgufExporter.Type(values.Text(KnownSettings.GgufType));
            var file = await GgufExporter.ExportAsync(store, run, type, output, cancellationToken);
            await SayAsync(file);
            return ExitCodes.Done;
        }

        await RunExporter.ExportAsync(store, run, output, cancellationToken);
        using var logs = new RunLogs(output, totalSteps: null);
        await logs.RewriteAsync(history, cancellationToken);
        await SayAsync(output);
        return ExitCodes.Done;

        async Task SayAsync(string written)
        {
            var manifests = await RunManifests.OfAsync(store, name, cancellationToken);
            var best = manifests.BlobOf(ManifestAddress.Parse(run)) == manifests.Last ? await manifests.BestAtEndAsync(cancellationToken) : null;
            var weights = best is null ? "" : $", with the weights of step {best.Step}, its best,";
            Console.WriteLine($"step {history.Count} of run '{name}'{weights} written to {written}");
        }
    }
}
