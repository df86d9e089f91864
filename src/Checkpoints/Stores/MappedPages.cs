using System.Runtime.InteropServices;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// Tells the system that pages of a mapped file are not needed for now. They come back from the file when they are touched;
/// those of other memory would come back as zeros, so only <see cref="BlobContent"/>, which knows what it holds, asks for it.
/// </summary>
internal static partial class MappedPages
{
    private const int DontNeed = 4; // MADV_DONTNEED of Linux

    /// <summary>
    /// Lets go of the pages that lie wholly in a range. Only for files mapped for reading; does nothing except on Linux.
    /// </summary>
    /// <param name="data">First byte.</param>
    /// <param name="length">Bytes.</param>
    public static void Release(nint data, long length)
    {
        if (!OperatingSystem.IsLinux()) return;
        var page = (nint)Environment.SystemPageSize;
        var (start, end) = ((data + page - 1) / page * page, (data + (nint)length) / page * page);

        // It is advice: whether it was taken changes nothing but memory.
        if (end > start) _ = Advise(start, (nuint)(end - start), DontNeed);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint length, int advice);
}
