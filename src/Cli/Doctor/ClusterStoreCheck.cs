using LisaOrleans.Checkpoints;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>Whether the store is the one that the cluster's silos use, as each silo checks before it joins.</summary>
internal static class ClusterStoreCheck
{
    private const string Subject = "cluster";

    /// <summary>Looks; null where no silo is there. Both have answered before.</summary>
    public static async Task<Check?> Run(SettingValues values, CancellationToken cancellationToken)
    {
        var folders = new NewFolders();
        var clusterId = values.Text(KnownSettings.ClusterId);
        try
        {
            // A folder gets one for its blobs when it is opened.
            if (StoreLocation.IsFolder(values.Text(KnownSettings.ClusterStore)))
                folders.Expect(Path.Combine(values.FullPath(KnownSettings.ClusterStore), "blobs"));
            var store = await ClusterStores.Open(values, cancellationToken);
            return await MembershipCheck.IsStoreOfAsync(
                ClusterMembership.Named(values), clusterId, ClusterTls.Traits(values), store, cancellationToken)
                ? new Check(Subject, Verdict.Ok, $"{store.Location} is the store of cluster '{clusterId}'")
                : null;
        }
        catch (Exception e) when (e is MembershipUnusableException or StoreLocationException or UsageException)
        {
            return new Check(Subject, Verdict.Fault, e.Message, "Name the store that the silos use, or another --cluster-id.");
        }
        finally
        {
            folders.RemoveEmpty();
        }
    }
}
