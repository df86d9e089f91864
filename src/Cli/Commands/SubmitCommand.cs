using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Cli;

/// <summary><c>lisa submit</c>: uploads model and data to the cluster's store and starts the run. Prints its name, alone.</summary>
internal static class SubmitCommand
{
    public static async Task<int> Run(SettingValues values, string? argument, CancellationToken cancellationToken)
    {
        var request = TrainingRequest.From(values);
        ClusterStores.Check(values);
        await using var cluster = await ClusterConnection.Open(values, cancellationToken);

        // The number of threads decides the bits, so it belongs to the run; what every current silo can offer is a good choice.
        var silos = await cluster.GetSilosAsync(cancellationToken);
        IReadOnlyList<string> members = [];
        var options = ImportOptions.For(silos) with
        {
            Holder = RunHolder.ThisProcess with { Cluster = values.Text(KnownSettings.ClusterId), IsPeer = id => members.Contains(id) },
            BeforeWriting = async token => members = await cluster.GetMembersAsync(token),
        };

        var folder = request.ModelFolder;
        var json = await File.ReadAllTextAsync(Path.Combine(folder, ModelFolder.ConfigFile), cancellationToken);
        var folders = new NewFolders();
        var store = await ClusterStores.Open(values, cancellationToken, folders: folders);
        try
        {
            await cluster.CheckStoreAsync(store, cancellationToken);

            // A run that is there already goes on as it began.
            var began = request.Overwrite ? null : (await RunFiles.FindAsync(store, request.Spec.RunName, cancellationToken))?.Spec;
            var ofRun = began is not null;
            var config = ModelSettings.ReadConfig(folder, ofRun);
            var spec = options.Resolve(request, config, () => ModelSettings.Dtype(request.Spec, config, folder, ofRun), began);
            if (await cluster.CheckCapacityAsync(spec, json, cancellationToken) is { } tooLarge)
                throw new UsageException($"{values.Place(KnownSettings.Model.Key)}: {tooLarge}");
        }
        catch (Exception e)
        {
            folders.RemoveEmpty();
            if (e is StoreLocationException) throw new UsageException($"{values.Place(KnownSettings.ClusterStore.Key)}: {e.Message}");
            throw;
        }

        ImportOutcome outcome;
        using (var progress = new ProgressLines(quiet: false))
            outcome = await RunImporter.ImportAsync(store, request, progress, cancellationToken, options);
        foreach (var line in outcome.Data.Lines) StandardError.WriteLine(line);
        if (outcome.ModelNote is { } note) StandardError.WriteLine(note);
        if (!outcome.Resumed && options.ExplainCompute(request.Spec, outcome.Spec) is { } compute) StandardError.WriteLine(compute);

        if (!outcome.AlreadyCompleted) await cluster.StartAsync(request.Spec.RunName, cancellationToken);
        Console.WriteLine(request.Spec.RunName);
        return ExitCodes.Done;
    }
}
