using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>Where the silos of a cluster find each other: <c>--redis</c> or <c>--azure-tables</c>.</summary>
internal static class ClusterMembership
{
    /// <summary>Refuses what cannot be together.</summary>
    public static void Check(SettingValues values)
    {
        if (!values.Has(KnownSettings.Redis) || !values.Has(KnownSettings.AzureTables)) return;
        throw new UsageException(
            $"{values.Place(KnownSettings.AzureTables.Key)}: a cluster has either Redis or Azure tables; "
                + $"{values.Place(KnownSettings.Redis.Key)} is given, too");
    }

    /// <summary>Tries it at once: Orleans would try for minutes, and say why in stack traces.</summary>
    /// <returns>The membership, and what a silo with this blob store has in common with the cluster's others.</returns>
    public static async Task<(IMembershipStore Store, ClusterTraits Traits)> Open(
        SettingValues values, string clusterId, IBlobStore blobs, CancellationToken cancellationToken)
    {
        Check(values);
        var setting = values.Has(KnownSettings.AzureTables) ? KnownSettings.AzureTables : KnownSettings.Redis;
        try
        {
            var store = Named(values);
            var traits = ClusterTls.Traits(values);
            return (store, await MembershipCheck.JoinAsync(store, clusterId, traits, blobs, SayWaits, cancellationToken));
        }
        catch (Exception e) when (e is StoreLocationException or MembershipUnusableException { IsOtherStore: true })
        {
            throw new UsageException($"{values.Place(KnownSettings.ClusterStore.Key)}: {e.Message}");
        }
        catch (Exception e) when (e is FormatException or MembershipUnusableException)
        {
            throw new UsageException($"{values.Place(setting.Key)}: {e.Message}");
        }
    }

    private static void SayWaits(string reason) => ErrorReport.Write(
        $"waiting, half a minute at most, until silos that are gone are forgotten: {reason}");

    /// <summary>The same without a try.</summary>
    /// <exception cref="FormatException">The setting names none.</exception>
    public static IMembershipStore Named(SettingValues values) => values.Has(KnownSettings.AzureTables)
        ? new AzureTableMembership(values.Text(KnownSettings.AzureTables))
        : new RedisMembership(values.Text(KnownSettings.Redis));
}
