using LisaOrleans.Checkpoints;

namespace LisaOrleans.Client;

/// <summary>Brings a run into the cluster, and its model out of the store.</summary>
internal static class RunTransfer
{
    /// <summary>Creates a run from what was uploaded, within the time that an import may take.</summary>
    public static async Task<SubmittedRun> ImportAsync(
        ClusterCalls calls, LisaClientOptions options, string run, RunSubmission submission, CancellationToken cancellationToken)
    {
        using var timed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timed.CancelAfter(options.ImportTimeout);
        try
        {
            return await calls.CallAsync(
                (c, token) => c.Grains.GetGrain<IRunImportGrain>(run).Import(submission, token),
                new(Timeout.InfiniteTimeSpan, options.RetryTimeout), timed.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ClusterUnavailableException($"the cluster has not made run '{run}' of what was submitted within {options.ImportTimeout}", e);
        }
    }

    /// <summary>Writes the model of a manifest; returns the manifest's step.</summary>
    public static Task<long> DownloadAsync(IBlobStore store, ManifestAddress address, string folder, CancellationToken cancellationToken) =>
        RunReading.FollowAsync(store, address, () => ExportAsync(store, address, folder, cancellationToken), cancellationToken);

    private static async Task<long> ExportAsync(IBlobStore store, ManifestAddress address, string folder, CancellationToken cancellationToken)
    {
        var manifests = await RunManifests.FindAsync(store, address.Run, cancellationToken).ConfigureAwait(false)
            ?? throw new RunNotFoundException(address.Run);
        var manifest = await manifests.ReadAsync(manifests.BlobOf(address), cancellationToken).ConfigureAwait(false);
        await ModelExporter.ExportAsync(store, manifest, PartName.All(manifest.Parts.Count - 2), folder, cancellationToken).ConfigureAwait(false);
        return manifest.Step;
    }

    /// <summary>Wraps a call without a result as one with a result.</summary>
    public static async Task<bool> Done(Task call)
    {
        await call.ConfigureAwait(false);
        return true;
    }

    /// <summary>An address of a manifest, once its run's name has been checked.</summary>
    /// <exception cref="InvalidTrainingSettingException">It cannot be a run's name.</exception>
    /// <exception cref="ArgumentException">What follows '@' is no step.</exception>
    public static ManifestAddress Address(string address)
    {
        Checked(address.Split('@')[0]);
        return ManifestAddress.Parse(address);
    }

    /// <summary>A run's name, once it has been checked.</summary>
    /// <exception cref="InvalidTrainingSettingException">It cannot be a run's name.</exception>
    public static string Checked(string run)
    {
        TrainingSettings.Open.Of(nameof(TrainingSpec.RunName)).Check(run);
        return run;
    }
}
