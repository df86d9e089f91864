namespace LisaOrleans.Cli.Tests;

/// <summary>A store in a folder whose blobs nobody has written lately.</summary>
internal static class AgedStore
{
    /// <summary>Makes the blobs of a store an hour older.</summary>
    /// <param name="store">The store's folder.</param>
    public static void Of(string store)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(store, "blobs"), "*", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddHours(-1));
    }
}
