namespace LisaOrleans.Checkpoints;

/// <summary>
/// The folder of a store. Where the disk that was mounted there goes away, a folder stays: what was written to it would lie on another
/// disk, hidden as soon as the store is back.
/// </summary>
internal static class StoreFolder
{
    /// <summary>The folder's name in which the blobs are, which a store has from the beginning.</summary>
    public const string Blobs = "blobs";

    /// <summary>Makes the folder that a file is to be written to, in a store that is still there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="root">The store.</param>
    /// <exception cref="StoreRefusedException">The store is gone.</exception>
    public static void MakeFor(string file, string root)
    {
        Check(root);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    }

    /// <summary>Whether a file is in a store that is still there.</summary>
    /// <param name="file">The file.</param>
    /// <param name="root">The store.</param>
    /// <param name="exists">Looks for the file.</param>
    /// <exception cref="StoreRefusedException">The store is gone.</exception>
    public static bool Has(string file, string root, Func<string, bool> exists)
    {
        if (exists(file)) return true;
        Check(root);
        return false;
    }

    private static void Check(string root)
    {
        if (!Directory.Exists(Path.Combine(root, Blobs))) throw StoreRefusedException.OfGone(root, $"no folder {Blobs}");
    }
}
