namespace LisaOrleans.Checkpoints;

/// <summary>
/// Files that appear whole or not at all, whatever dies when: each is written under another name in the same folder, flushed to
/// the disk and renamed, and the folder is flushed, in that order.
/// </summary>
public static class AtomicFile
{
    /// <summary>Marks a file that is still being written. Readers skip it; one that a dead process left may be deleted.</summary>
    public const string TemporarySuffix = ".partial";

    /// <summary>Writes a file from a stream of bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes its bytes.</param>
    /// <param name="cancellationToken">Cancels before the file appears.</param>
    /// <param name="enter">Awaited when everything is written; what it returns is held while the file gets its name.</param>
    public static async Task WriteAsync(
        string path, Func<Stream, CancellationToken, Task> write, CancellationToken cancellationToken,
        Func<CancellationToken, Task<IDisposable>>? enter = null)
    {
        path = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(path)!;
        var temporary = TemporaryOf(path);
        try
        {
            var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
            {
                WriteBoundary.Reached("created", path);
                await write(stream, cancellationToken).ConfigureAwait(false);
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                WriteBoundary.Reached("written", path);
                stream.Flush(flushToDisk: true);
            }

            WriteBoundary.Reached("flushed", path);
            using (enter is null ? null : await enter(cancellationToken).ConfigureAwait(false))
            {
                File.Move(temporary, path, overwrite: true);
                WriteBoundary.Reached("renamed", path);
            }

            FolderFlush.Flush(folder);
        }
        catch (Exception e) when (e is not SimulatedCrashException)
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Deletes what dead processes left in a folder that no other process writes to.</summary>
    public static void DeleteUnfinished(string folder)
    {
        foreach (var file in Directory.GetFiles(folder, $".*{TemporarySuffix}"))
            if (IsTemporary(file)) File.Delete(file);
    }

    /// <summary>Whether a file has a name that this class makes, <c>.NAME.32-digits.partial</c>: other programs have partial files, too.</summary>
    /// <param name="file">Its path.</param>
    /// <param name="suffix">What stands in the place of <see cref="TemporarySuffix"/>.</param>
    internal static bool IsTemporary(string file, string suffix = TemporarySuffix) =>
        Path.GetFileName(file).StartsWith('.') && file.EndsWith(suffix, StringComparison.Ordinal)
        && Guid.TryParseExact(Path.GetExtension(file[..^suffix.Length]).TrimStart('.'), "N", out _);

    /// <summary>A new name, beside a file, for what is to become the file.</summary>
    internal static string TemporaryOf(string path) =>
        Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}{TemporarySuffix}");

    /// <summary>Ends every write of a file that is under way, in any process: they fail with <see cref="FileNotFoundException"/>.</summary>
    internal static void DeleteUnfinishedOf(string path)
    {
        foreach (var file in Directory.GetFiles(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.*{TemporarySuffix}")) File.Delete(file);
    }

    /// <summary>Writes a file from memory.</summary>
    public static Task WriteAllBytesAsync(string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        WriteAsync(path, (stream, token) => stream.WriteAsync(content, token).AsTask(), cancellationToken);
}
