using System.Text;

namespace LisaOrleans.Cli;

/// <summary>Files that settings name and that have to be there.</summary>
internal static class NamedFile
{
    // A byte that is no UTF-8 must not silently become a replacement character.
    private static readonly UTF8Encoding s_strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The path, where a file is that can be read as often as one likes.</summary>
    /// <param name="path">The path.</param>
    /// <param name="place">Where it was named, for messages.</param>
    /// <exception cref="UsageException">Nothing is there, or a folder or a pipe, or this user may not read it.</exception>
    public static string Existing(string path, string place)
    {
        using var opened = Open(path, place);
        return opened.CanSeek
            ? path
            : throw new UsageException($"{place}: must be a file that can be read more than once, not a pipe: {path}");
    }

    /// <summary>The text of a file, which is opened once: it may be a pipe, as <c>&lt;(command)</c> is.</summary>
    /// <param name="path">The path.</param>
    /// <param name="place">Where it was named, for messages.</param>
    /// <exception cref="UsageException">Nothing is there, or a folder, or this user may not read it.</exception>
    public static string ReadText(string path, string place)
    {
        try
        {
            using var reader = new StreamReader(Open(path, place), s_strict);
            return reader.ReadToEnd();
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException($"{place}: is not UTF-8 text: {path}");
        }
    }

    private static FileStream Open(string path, string place)
    {
        try
        {
            return Directory.Exists(path) ? throw new UsageException($"{place}: must be a file, not a folder: {path}") : File.OpenRead(path);
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
    /// <summary>The path, where a file can be written. Asked before the work that ends with the file.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="place">Where it was named, for messages.</param>
    /// <exception cref="UsageException">A folder is there, there is no folder for it, or this user may not write into that.</exception>
    public static string Writable(string path, string place)
    {
        if (Directory.Exists(path)) throw new UsageException($"{place}: must be a file, not a folder: {path}");
        var folder = Path.GetDirectoryName(path)!;
        if (!Directory.Exists(folder)) throw new UsageException($"{place}: no such folder: {folder}");
        try
        {
            var probe = Path.Combine(folder, $".{Guid.NewGuid():N}.partial");
            using var created = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return path;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new UsageException($"{place}: no file can be written in {folder}: {e.Message}");
        }
    }
}
