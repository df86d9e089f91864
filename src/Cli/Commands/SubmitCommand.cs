using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa submit</c>: brings model and data into the cluster's store and starts the run. Prints its name, alone.</summary>
internal static class SubmitCommand
{
    public static async Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var request = TrainingRequest.From(values) with { Cluster = values.Text(KnownSettings.ClusterId) };
        ClusterStores.Check(values);
        await using var cluster = await ClusterConnection.Open(values, cancellationToken);

        // The threads decide the bits, so they are the run's; what every silo of today can give is a good choice.
        var silos = await cluster.GetSilosAsync(cancellationToken);
        if (silos.Count > 0) request = request with { DefaultThreads = silos.Min(s => s.Threads) };

        var config = await File.ReadAllTextAsync(Path.Combine(request.ModelFolder, ModelFolder.ConfigFile), cancellationToken);
        if (await cluster.CheckCapacityAsync(request.Spec, config, cancellationToken) is { } tooLarge)
            throw new UsageException($"{values.Place(KnownSettings.Model.Key)}: {tooLarge}");

        var folders = new NewFolders();
        var store = await ClusterStores.Open(values, cancellationToken, folders: folders);
        try
        {
            await cluster.CheckStoreAsync(store, cancellationToken);
        }
        catch (StoreLocationException e)
        {
            folders.RemoveEmpty();
            throw new UsageException($"{values.Place(KnownSettings.ClusterStore.Key)}: {e.Message}");
        }

        ImportOutcome outcome;
        using (var progress = new ProgressLines(quiet: false))
        {
            try
            {
                outcome = await RunImporter.ImportAsync(store, request, progress, cancellationToken);
            }
            catch (InvalidSettingException e)
            {
                throw new UsageException($"{values.Place(e.Setting)}: {e.Message}");
            }
        }

        if (!outcome.AlreadyCompleted) await cluster.StartAsync(request.Spec.RunName, cancellationToken);
        Console.WriteLine(request.Spec.RunName);
        return ExitCodes.Done;
    }
}
