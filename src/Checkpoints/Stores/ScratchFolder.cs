namespace LisaOrleans.Checkpoints;

/// <summary>
/// A temporary folder for as long as its process lives. Whoever makes the next one removes those of processes that were killed.
/// </summary>
public sealed class ScratchFolder : IDisposable
{
    private const string LockName = "lock";

    private readonly FileStream _lock;

    private ScratchFolder(string path, FileStream held) => (Path, _lock) = (path, held);

    /// <summary>Where it is.</summary>
    public string Path { get; }

    private static string Root => System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"lisa-scratch-{Environment.UserName}");

    /// <summary>Makes one, and removes what nobody holds any more.</summary>
    public static ScratchFolder Create()
    {
        Directory.CreateDirectory(Root);
        foreach (var folder in Directory.EnumerateDirectories(Root)) RemoveUnlessHeld(folder);
        while (true)
        {
            var path = Directory.CreateDirectory(System.IO.Path.Combine(Root, Guid.NewGuid().ToString("N"))).FullName;
            if (TryHold(path) is { } held) return new ScratchFolder(path, held);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock.Dispose();
        RemoveUnlessHeld(Path);
    }

    // FileShare.None is a lock that ends with its process.
    private static FileStream? TryHold(string path)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static void RemoveUnlessHeld(string path)
    {
        if (TryHold(path) is not { } held) return;
        using (held)
        {
            try
            {
                Directory.Delete(path, recursive: true);
            }
            catch (IOException)
            {
                // Somebody else removes it at this moment.
            }
        }
    }
}
