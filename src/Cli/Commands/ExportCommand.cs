using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa export</c>: a manifest of a run as a Hugging Face folder, with its logs, or as a GGUF file.</summary>
internal static class ExportCommand
{
    private const string Gguf = "gguf";

    public static async Task<int> Run(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        if (values.HasForThis(KnownSettings.GgufType) && values.Text(KnownSettings.ExportFormat) != Gguf)
            throw values.Unused(KnownSettings.GgufType, $"{KnownSettings.ExportFormat.Flag} {Gguf}");
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
        GgufType? type = values.Text(KnownSettings.ExportFormat) == Gguf ? GgufExporter.Type(values.Text(KnownSettings.GgufType)) : null;
        Console.WriteLine(await ExportAsync(store, run, type, values.FullPath(KnownSettings.Output), cancellationToken));
        return ExitCodes.Done;
    }

    /// <summary>Exports a manifest.</summary>
    /// <param name="store">The store.</param>
    /// <param name="run">The manifest's address.</param>
    /// <param name="type">How matrices are stored in a GGUF file; null for a Hugging Face folder.</param>
    /// <param name="output">The folder.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What was written, in words.</returns>
    internal static Task<string> ExportAsync(
        IBlobStore store, string run, GgufType? type, string output, CancellationToken cancellationToken)
    {
        var address = ManifestAddress.Parse(run);
        return RunReading.FollowAsync(
            store, address, () => ExportAsync(store, address, run, type, output, cancellationToken), cancellationToken);
    }

    private static async Task<string> ExportAsync(
        IBlobStore store, ManifestAddress address, string run, GgufType? type, string output, CancellationToken cancellationToken)
    {
        // Once and for all of it: meanwhile the run may go on, and keep this manifest no longer.
        var (manifest, best) = await RunManifests.ReadWithBestAsync(store, address, cancellationToken);
        var history = await RunHistory.Read(store, manifest, cancellationToken);
        OutputFolder.CheckNotTrained(OutputFolder.Prepare(output));
        var (written, note) = (output, (string?)null);
        if (type is { } matrices)
        {
            (written, note) = await GgufExporter.ExportAsync(store, manifest, run, matrices, output, cancellationToken);
        }
        else
        {
            await RunExporter.ExportAsync(store, manifest, output, cancellationToken);
            using var logs = new RunLogs(output);
            await logs.RewriteAsync(
                history.Records, await RunLogs.ReadJournalAsync(store, address.Run, cancellationToken), cancellationToken);
        }

        var weights = best is null ? "" : $", with the weights of step {best.Step}, its best,";
        return $"step {manifest.Step} of run '{address.Run}'{weights} written to {written}" + (note is null ? "" : $"\nnote: {note}");
    }
}
