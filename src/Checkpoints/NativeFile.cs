using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LisaOrleans.Checkpoints;

/// <summary>Files and folders opened by the C library: .NET opens no folders, and no file without asking for its lock.</summary>
internal static partial class NativeFile
{
    private const int ReadOnly = 0;
    private const int Missing = 2; // ENOENT.

    /// <summary>Opens a file or a folder for reading, whoever has locked it. Not on Windows.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static SafeFileHandle OpenRead(string path)
    {
        var descriptor = Open(path, ReadOnly);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Error("open", path);
    }

    /// <summary>
    /// Gives a file the present time by the clock of its disk, or of the server whose disk it is: .NET can only set this machine's. Not on
    /// Windows.
    /// </summary>
    /// <exception cref="FileNotFoundException">It is not there.</exception>
    /// <exception cref="IOException">Its time cannot be set.</exception>
    public static void Touch(string path)
    {
        if (SetTimes(path, 0) == 0) return;
        throw Marshal.GetLastPInvokeError() == Missing ? new FileNotFoundException($"{path} is not there", path) : Error("utimes", path);
    }

    /// <summary>What the last call of the C library failed with.</summary>
    public static IOException Error(string call, string path)
    {
        var error = Marshal.GetLastPInvokeError();
        return new IOException($"{path}: {call} failed: {new Win32Exception(error).Message}", error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "utimes", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetTimes(string path, nint times);
}
