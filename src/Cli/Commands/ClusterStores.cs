using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>Opens the store that a command names.</summary>
internal static class ClusterStores
{
    /// <summary>Refuses what cannot be a store, before anything is done.</summary>
    public static void Check(SettingValues values)
    {
        try
        {
            StoreLocation.IsFolder(values.Text(KnownSettings.ClusterStore));
            CheckS3(values, values.Text(KnownSettings.ClusterStore));
        }
        catch (StoreLocationException e)
        {
            throw new UsageException($"{values.Place(KnownSettings.ClusterStore.Key)}: {e.Message}");
        }
    }

    /// <summary>The same where a store may be left out.</summary>
    public static void CheckIfGiven(SettingValues values)
    {
        if (values.Has(KnownSettings.ClusterStore)) Check(values);
    }

    /// <summary>Opens the store of <c>--store</c>, or of another setting.</summary>
    /// <param name="values">The command's settings.</param>
    /// <param name="cancellationToken">Cancels the first contact.</param>
    /// <param name="mustExist">Whether a folder has to be there already.</param>
    /// <param name="otherwise">The folder to take where none is given; null if one must be.</param>
    /// <param name="folders">Told of the folder that is made.</param>
    /// <param name="setting">The setting that names it; null for <c>--store</c>.</param>
    public static async Task<IBlobStore> Open(
        SettingValues values, CancellationToken cancellationToken, bool mustExist = false, string? otherwise = null, NewFolders? folders = null,
        Setting? setting = null)
    {
        setting ??= KnownSettings.ClusterStore;
        var location = otherwise is null || values.Has(setting) ? values.Text(setting) : otherwise;
        var place = values.Place(setting.Key);
        if (string.IsNullOrWhiteSpace(location)) throw new UsageException($"{place}: must be a folder, s3://BUCKET/PREFIX, a connection string or a URL");
        try
        {
            if (StoreLocation.IsFolder(location))
            {
                if (values.Has(setting)) location = values.FullPath(setting);
                if (mustExist && !Directory.Exists(location)) throw new UsageException($"{place}: no such folder: {location}");
                folders?.Expect(location);
            }

            CheckS3(values, location);
            var s3 = new S3Options
            {
                Endpoint = values.OptionalText(KnownSettings.S3Endpoint),
                Region = values.OptionalText(KnownSettings.S3Region),
            };
            return await BlobStores.OpenAsync(location, s3, cancellationToken);
        }
        catch (StoreLocationException e)
        {
            throw new UsageException($"{place}: {e.Message}");
        }
    }

    // From the environment they may be meant for other commands; and of two stores, one may be in S3.
    private static void CheckS3(SettingValues values, string location)
    {
        Setting[] stores = [KnownSettings.ClusterStore, StoreSettings.From, StoreSettings.To];
        if (StoreLocation.IsS3(location) || stores.Any(s => values.OptionalText(s) is { } other && StoreLocation.IsS3(other))) return;
        foreach (var setting in (Setting[])[KnownSettings.S3Endpoint, KnownSettings.S3Region])
        {
            if (values.Has(setting) && values.Place(setting.Key) == "--" + setting.Flag)
                throw new UsageException($"--{setting.Flag}: the store is not in S3; give --store s3://BUCKET/PREFIX");
        }
    }
}
