using System.Globalization;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// A blob's file, which one process may make new while another, which collects garbage, deletes it: without a lock, as a frozen process
/// would keep it. Who deletes takes the file away first, under a name of its own, and then looks whether it was made new before. Until it
/// is deleted, anybody who misses it puts it back.
/// </summary>
internal static class BlobFile
{
    private const string TakenSuffix = ".taken" + AtomicFile.TemporarySuffix;

    /// <summary>Whether it is there; puts it back if it was only taken away.</summary>
    public static bool Exists(string path)
    {
        if (File.Exists(path)) return true;
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder)) return false;
        foreach (var taken in Directory.GetFiles(folder, $".{Path.GetFileName(path)}.*{TakenSuffix}")) PutBack(taken, path);
        return File.Exists(path);
    }

    /// <summary>Makes it new to garbage collections. False if it is not there in that length.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="clock">Is told the time that it gets.</param>
    public static bool Touch(string path, long length, FolderClock clock)
    {
        while (Exists(path))
        {
            try
            {
                if (new FileInfo(path).Length != length) return false;
                clock.Stamped(MakeNew(path));

                // It may have been taken away meanwhile.
                if (File.Exists(path)) return true;
            }
            catch (FileNotFoundException)
            {
                // It was taken away at this moment.
            }
        }

        return false;
    }

    /// <summary>Deletes it if it still has that version.</summary>
    public static bool Delete(string path, string version)
    {
        if (!File.Exists(path) || Version(new FileInfo(path)) != version) return false;
        var taken = $"{AtomicFile.TemporaryOf(path)[..^AtomicFile.TemporarySuffix.Length]}{TakenSuffix}";
        try
        {
            File.Move(path, taken);
        }
        catch (FileNotFoundException)
        {
            return false;
        }

        WriteBoundary.Reached("taken", path);
        if (Version(new FileInfo(taken)) == version) File.Delete(taken);
        else PutBack(taken, path);
        WriteBoundary.Reached("deleted", path);
        return !File.Exists(path);
    }

    /// <summary>Whether a file is a blob that somebody took away to delete it; if so, puts it back.</summary>
    public static bool TryPutBack(string file)
    {
        if (!AtomicFile.IsTemporary(file, TakenSuffix) || Path.GetFileName(file).Split('.') is not [_, var name, ..] || !BlobRef.IsName(name))
            return false;
        PutBack(file, Path.Combine(Path.GetDirectoryName(file)!, name));
        return true;
    }

    /// <summary>What changes when it is made new.</summary>
    public static string Version(FileInfo file) => file.LastWriteTimeUtc.Ticks.ToString(CultureInfo.InvariantCulture);

    // Returns the time that it has then: one that it never had, as that is its version, and the clocks of disks tick in milliseconds. By more
    // than such ticks, the disk's clock is right.
    private static DateTime MakeNew(string path)
    {
        var before = File.GetLastWriteTimeUtc(path);
        if (OperatingSystem.IsWindows()) File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        else NativeFile.Touch(path);
        var after = File.GetLastWriteTimeUtc(path);
        if (after <= before && before - after < TimeSpan.FromSeconds(1)) File.SetLastWriteTimeUtc(path, before.AddTicks(1));
        return File.GetLastWriteTimeUtc(path);
    }

    private static void PutBack(string taken, string path)
    {
        try
        {
            File.Move(taken, path);

            // Where the same bytes were written at this moment, this has replaced them, and they were new.
            MakeNew(path);
        }
        catch (FileNotFoundException)
        {
            // It is deleted, or somebody else has put it back.
        }
        catch (IOException) when (File.Exists(path))
        {
            // The same bytes were written once more.
            File.Delete(taken);
        }
    }
}
