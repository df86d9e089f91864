using System.Diagnostics;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// The lock of a file that is compared and swapped by <see cref="AtomicFile"/>: <c>FILE.lock</c>. The operating system releases it when
/// its process dies. From one that is frozen it is taken away, and with it the means to write: whoever breaks the lock replaces its file,
/// and then deletes every unfinished write of the file that it protects. A write is begun before the lock is taken, and ends with a
/// rename; so what the frozen process has compared leads to nothing when it wakes, and it has to begin anew.
/// </summary>
/// <remarks>
/// Whose a lock is, is known by what stands in its file: a number that each holder draws, and one more byte if it was broken and
/// unfinished writes are still to be deleted. Who holds the lock of a file that is no longer there holds nothing. To break a lock whose
/// holder is merely slow is safe, too. On Windows, where an open file cannot be replaced, no lock is broken.
/// </remarks>
internal sealed class SwapLock : IDisposable
{
    /// <summary>What the names of locks end with.</summary>
    public const string Suffix = ".lock";

    private const int NumberBytes = 16;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_frozen = TimeSpan.FromSeconds(1);

    private readonly FileStream _stream;
    private readonly string _path;
    private readonly byte[] _number;

    private SwapLock(FileStream stream, string path, byte[] number) => (_stream, _path, _number) = (stream, path, number);

    /// <summary>Whether nobody has broken it so far.</summary>
    public bool IsHeld => OperatingSystem.IsWindows() || ReadOrNull(_path).AsSpan().StartsWith(_number);

    /// <summary>Waits for the lock of a file, and breaks it if its holder does nothing for a second.</summary>
    /// <param name="file">The file; its folder exists.</param>
    /// <param name="root">The store, for its refusals.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <param name="tries">
    /// How often the caller has tried, this time included. It is that many seconds before a lock is broken: on a disk that is slow, those
    /// who wait must not take the lock from each other for ever.
    /// </param>
    /// <exception cref="IOException">It cannot be had within half a minute.</exception>
    public static async Task<SwapLock> EnterAsync(string file, string root, CancellationToken cancellationToken, int tries = 1)
    {
        var path = file + Suffix;
        var started = Stopwatch.GetTimestamp();
        var (holder, since) = ((byte[]?)null, started);
        while (true)
        {
            try
            {
                if (TryEnter(path, file) is { } held) return held;
                if (Stopwatch.GetElapsedTime(started) >= s_patience) throw new IOException($"{path}: it was broken again and again");
            }
            catch (IOException e) when (
                e is not DirectoryNotFoundException && Stopwatch.GetElapsedTime(started) < s_patience && StoreRefusal.Find(e, root) is null)
            {
                // Somebody has it.
            }

            cancellationToken.ThrowIfCancellationRequested();
            var now = ReadOrNull(path);
            if (now is null || holder is null || !now.AsSpan().SequenceEqual(holder))
            {
                (holder, since) = (now, Stopwatch.GetTimestamp());
            }
            else if (!OperatingSystem.IsWindows() && Stopwatch.GetElapsedTime(since) > s_frozen * tries)
            {
                Break(path, file);
                holder = null;
                continue;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(2, 10)), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    // FileShare.None is a flock on Linux. Null if the lock was broken before this process had it.
    private static SwapLock? TryEnter(string path, string file)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        try
        {
            var held = new SwapLock(stream, path, Guid.NewGuid().ToByteArray());
            if (OperatingSystem.IsWindows()) return held;
            var broken = stream.Length > NumberBytes;
            stream.Write(held._number);
            if (!held.IsHeld)
            {
                stream.Dispose();
                return null;
            }

            if (broken) EndWrites(stream, file);
            WriteBoundary.Reached("locked", file);
            return held;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    // The new file is locked before it is there, so nobody compares anything until unfinished writes are deleted; if this process dies
    // before that, the next holder does it.
    private static void Break(string path, string file)
    {
        var replacement = AtomicFile.TemporaryOf(path);
        try
        {
            using var stream = new FileStream(replacement, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            stream.Write([.. Guid.NewGuid().ToByteArray(), 1]);
            stream.Flush(flushToDisk: true);
            File.Move(replacement, path, overwrite: true);
            WriteBoundary.Reached("replaced", path);
            EndWrites(stream, file);
        }
        catch (FileNotFoundException)
        {
            // Another process breaks it, too, and was quicker: the replacement was an unfinished write to it.
        }
        catch (Exception e) when (e is not SimulatedCrashException)
        {
            File.Delete(replacement);
            throw;
        }
    }

    private static void EndWrites(FileStream stream, string file)
    {
        AtomicFile.DeleteUnfinishedOf(file);
        stream.SetLength(NumberBytes);
    }

    private static byte[]? ReadOrNull(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using var opened = NativeFile.OpenRead(path);
            var content = new byte[NumberBytes + 1];
            return content[..RandomAccess.Read(opened, content, 0)];
        }
        catch (IOException)
        {
            // It was replaced at this moment: the next look tells.
            return null;
        }
    }
}
