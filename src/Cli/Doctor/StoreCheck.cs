using System.Globalization;
using System.Text.RegularExpressions;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli;

/// <summary>Whether the store can be written, read, and told that something has changed meanwhile; leaves nothing in it.</summary>
internal static partial class StoreCheck
{
    private const string Subject = "store";
    private const long LittleSpace = 5L << 30;

    public static async Task<Check> Run(SettingValues values, CancellationToken cancellationToken)
    {
        var folders = new NewFolders();
        var location = values.Text(KnownSettings.ClusterStore);
        var isFolder = StoreLocation.IsFolder(location);
        try
        {
            if (isFolder)
            {
                folders.Expect(location = values.FullPath(KnownSettings.ClusterStore));
                await TryInsideAsync(location, cancellationToken);
            }
            else
            {
                var store = await ClusterStores.Open(values, cancellationToken);
                location = store.Location;
                await TryAsync(store, cancellationToken);
            }

            return Space(values) is { } free
                ? new Check(
                    Subject, free < LittleSpace ? Verdict.Warning : Verdict.Ok,
                    string.Create(CultureInfo.InvariantCulture, $"{location}, {free / 1e9:0.0} GB free"),
                    free < LittleSpace ? "Every checkpoint keeps the weights that changed: see lisa plan, and --save-total-limit." : null)
                : new Check(Subject, Verdict.Ok, location);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return StoreRefusal.Find(e, location) is { } refusal
                ? new Check(Subject, Verdict.Fault, refusal.Message)
                : new Check(
                    Subject, Verdict.Fault, SecretMask.Apply(Inside().Replace(e.Message.ReplaceLineEndings(" "), "")),
                    isFolder ? "Name a folder that this user may write to." : "Check the address, the key or its expiry, and the network to it.");
        }
        finally
        {
            folders.RemoveEmpty();
        }
    }

    // A folder store keeps a lock file for every document that ever existed; this one is deleted with its document.
    private static async Task TryInsideAsync(string folder, CancellationToken cancellationToken)
    {
        var inside = Path.Combine(folder, $".doctor-{Guid.NewGuid():N}");
        try
        {
            await TryAsync(await BlobStores.OpenAsync(inside, cancellationToken), cancellationToken);
        }
        finally
        {
            if (Directory.Exists(inside)) Directory.Delete(inside, recursive: true);
        }
    }

    private static async Task TryAsync(IBlobStore store, CancellationToken cancellationToken)
    {
        var path = $"doctor/{Guid.NewGuid():N}.json";
        var etag = await store.PutDocumentAsync(path, "{}"u8.ToArray(), ifMatch: null, cancellationToken);
        try
        {
            await store.PutDocumentAsync(path, "[]"u8.ToArray(), etag, cancellationToken);
            if (await store.GetDocumentAsync(path, cancellationToken) is not { } read || !read.Content.AsSpan().SequenceEqual("[]"u8))
                throw new IOException("gave back something else than was written");
            try
            {
                await store.PutDocumentAsync(path, "{}"u8.ToArray(), etag, cancellationToken);
                throw new IOException("let an old version replace a new one, so that two owners of a run could not be told apart");
            }
            catch (ETagMismatchException)
            {
                // As it should.
            }
        }
        finally
        {
            await store.DeleteDocumentAsync(path, cancellationToken);
        }
    }

    private static long? Space(SettingValues values)
    {
        if (!StoreLocation.IsFolder(values.Text(KnownSettings.ClusterStore))) return null;
        var folder = values.FullPath(KnownSettings.ClusterStore);
        while (!Directory.Exists(folder)) folder = Path.GetDirectoryName(folder)!;
        return new DriveInfo(folder).AvailableFreeSpace;
    }

    // What TryInsideAsync adds to the folder says nothing to people.
    [GeneratedRegex(@"[\\/]\.doctor-[0-9a-f]{32}")]
    private static partial Regex Inside();
}
