using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Flushes a folder's entries to the disk: a rename is durable only when its folder is. Windows has no such call, and needs none.
/// </summary>
internal static partial class FolderFlush
{
    private const int NotSupported = 22; // EINVAL: some network file systems have no fsync for folders.

    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        using var opened = NativeFile.OpenRead(folder);
        if (FSync(opened) != 0 && Marshal.GetLastPInvokeError() != NotSupported) throw NativeFile.Error("fsync", folder);
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle descriptor);
}
