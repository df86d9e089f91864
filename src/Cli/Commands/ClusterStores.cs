using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>Opens the store that a command names.</summary>
internal static class ClusterStores
{
    public static async Task<IBlobStore> Open(SettingValues values, CancellationToken cancellationToken, bool mustExist = false)
    {
        var location = values.Text(KnownSettings.ClusterStore);
        if (location.Length == 0) throw new UsageException($"{values.Place(KnownSettings.ClusterStore.Key)}: must be a folder, a connection string or a URL");
        if (!BlobStores.IsAzure(location))
        {
            location = values.FullPath(KnownSettings.ClusterStore);
            if (mustExist && !Directory.Exists(location))
                throw new UsageException($"{values.Place(KnownSettings.ClusterStore.Key)}: no such folder: {location}");
        }

        return await BlobStores.OpenAsync(location, cancellationToken);
    }
}
