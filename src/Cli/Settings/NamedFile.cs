namespace LisaOrleans.Cli;

/// <summary>Files that settings name and that have to be there.</summary>
internal static class NamedFile
{
    /// <summary>The path, where a file is that can be read.</summary>
    /// <param name="path">The path.</param>
    /// <param name="place">Where it was named, for messages.</param>
    /// <exception cref="UsageException">Nothing is there, or a folder, or this user may not read it.</exception>
    public static string Existing(string path, string place)
    {
        try
        {
            if (Directory.Exists(path)) throw new UsageException($"{place}: must be a file, not a folder: {path}");
            using var opened = File.OpenRead(path);
            return path;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or PathTooLongException or ArgumentException)
        {
            throw new UsageException($"{place}: no such file: {path}");
        }
        catch (UnauthorizedAccessException)
        {
            throw new UsageException($"{place}: access is denied; give this user the right to read {path}");
        }
    }
}
