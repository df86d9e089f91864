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
            throw new UsageException(string.Join("; ", e.Failures.Select(f => InPlace(values, f))));
        }
    }

    // A failure begins with the name of the client's option.
    private static string InPlace(SettingValues values, string failure)
    {
        foreach (var (option, setting) in ((string, Setting)[])
            [
                (nameof(LisaClientOptions.Redis), KnownSettings.Redis), (nameof(LisaClientOptions.AzureTables), KnownSettings.AzureTables),
                (nameof(LisaClientOptions.ClusterId), KnownSettings.ClusterId),
            ])
        {
            if (failure.StartsWith(option, StringComparison.Ordinal)) return values.Place(setting.Key) + failure[option.Length..];
        }

        return failure;
    }

    /// <summary>The same for a command that names a run: a store that is given must be the cluster's.</summary>
    /// <param name="values">The command's settings.</param>
    /// <param name="run">The run, whose name is checked before anybody waits for a silo; null for all runs.</param>
    /// <param name="cancellationToken">Gives up earlier.</param>
    public static async Task<LisaClient> OpenForRun(SettingValues values, string? run, CancellationToken cancellationToken)
    {
        if (run is not null) RunName.Validate(run);
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
