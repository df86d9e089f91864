using LisaOrleans.Checkpoints;
using LisaOrleans.Client;
using Microsoft.Extensions.Options;

namespace LisaOrleans.Cli;

/// <summary>Connects to the cluster that a command names.</summary>
internal static class ClusterConnection
{
    public static async Task<LisaClient> Open(SettingValues values, CancellationToken cancellationToken)
    {
        ClusterMembership.Check(values);
        var options = new LisaClientOptions
        {
            ClusterId = values.Text(KnownSettings.ClusterId),
            Redis = values.Text(KnownSettings.Redis),
            AzureTables = values.OptionalText(KnownSettings.AzureTables),
            Tls = ClusterTls.Checked(values, host: null),
        };
        try
        {
            return await LisaClient.ConnectAsync(options, cancellationToken);
        }
        catch (OptionsValidationException e)
        {
            throw new UsageException(string.Join("; ", e.Failures));
        }
    }

    /// <summary>The same for a command that names a run: a store that is given must be the cluster's.</summary>
    public static async Task<LisaClient> OpenForRun(SettingValues values, CancellationToken cancellationToken)
    {
        ClusterStores.CheckIfGiven(values);
        var cluster = await Open(values, cancellationToken);
        try
        {
            // From the environment it may be meant for other commands, and be out of reach here.
            if (values.Place(KnownSettings.ClusterStore.Key) == "--" + KnownSettings.ClusterStore.Flag && values.Has(KnownSettings.ClusterStore))
                await cluster.CheckStoreAsync(await ClusterStores.Open(values, cancellationToken, mustExist: true), cancellationToken);
            return cluster;
        }
        catch (Exception e)
        {
            await cluster.DisposeAsync();
            throw e is StoreLocationException ? new UsageException($"{values.Place(KnownSettings.ClusterStore.Key)}: {e.Message}") : e;
        }
    }
}
