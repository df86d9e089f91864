using System.ComponentModel;
using System.Runtime.InteropServices;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Flushes a folder's entries to the disk: a rename is durable only when its folder is. .NET does not open folders, so this calls
/// the C library. Windows has no such call, and needs none.
/// </summary>
internal static partial class FolderFlush
{
    private const int ReadOnly = 0;
    private const int NotSupported = 22; // EINVAL: some network file systems have no fsync for folders.

    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0) throw Error("open", folder);
        try
        {
            if (FSync(descriptor) != 0 && Marshal.GetLastPInvokeError() != NotSupported) throw Error("fsync", folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    private static IOException Error(string call, string folder)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{folder}: {call} failed: {new Win32Exception(error).Message}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
