using System.Runtime.InteropServices;

namespace LisaOrleans.Model;

/// <summary>
/// Private memory of Linux that is zero, of which only pages take memory that are written to. What is only read is a page of zeros that
/// all share; where the kernel has none, and gives each page that is read memory of its own, it is a small file of zeros, mapped again and
/// again.
/// </summary>
internal static unsafe partial class ZeroPages
{
    // sys/mman.h
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private const int PrivateFixed = 0x12;
    private const int NoHugePage = 15;
    private const uint CloseOnExec = 1;

    // A process may have some 65,000 mappings: so many of these are more than any memory.
    private const long FileBytes = 4 << 20;

    // Bits of an entry of /proc/self/pagemap: the page is in memory, and nobody else has it.
    private const ulong Present = 1UL << 63;
    private const ulong Exclusive = 1UL << 56;

    // -1 for none.
    private static readonly Lazy<int> s_file = new(() => KernelHasOne() ? -1 : CreateFile());

    /// <summary>Maps memory; <see cref="Free"/> unmaps it.</summary>
    /// <exception cref="OutOfMemoryException">The system has none.</exception>
    public static nint Allocate(long bytes) => Allocate(bytes, s_file.Value);

    /// <summary>Unmaps memory.</summary>
    public static void Free(nint memory, long bytes) => _ = Unmap(memory, (nuint)bytes);

    private static nint Allocate(long bytes, int file)
    {
        var memory = Reserve(bytes);
        for (var at = 0L; file != -1 && at < bytes; at += FileBytes)
        {
            if (Map((nint)(memory + at), (nuint)Math.Min(FileBytes, bytes - at), ReadWrite, PrivateFixed, file, 0) != -1) continue;
            Free(memory, bytes);
            return Reserve(bytes);
        }

        // Or a row would take 2 MiB where the system gives huge pages. A kernel without those refuses, and gives none.
        _ = Advise(memory, (nuint)bytes, NoHugePage);
        return memory;
    }

    private static nint Reserve(long bytes) => Map(0, (nuint)bytes, ReadWrite, PrivateAnonymous, -1, 0) is not -1 and var memory
        ? memory
        : throw new OutOfMemoryException($"the system has no {bytes} bytes of memory");

    private static bool KernelHasOne()
    {
        var page = Environment.SystemPageSize;
        var memory = Reserve(page);
        try
        {
            _ = Advise(memory, (nuint)page, NoHugePage);
            _ = Volatile.Read(ref *(byte*)memory);
            using var map = File.OpenHandle("/proc/self/pagemap");
            ulong entry = 0;
            return RandomAccess.Read(map, new Span<byte>(&entry, sizeof(ulong)), memory / page * sizeof(ulong)) == sizeof(ulong)
                && (entry & (Present | Exclusive)) == Present;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            Free(memory, page);
        }
    }

    private static int CreateFile()
    {
        var file = CreateMemoryFile("lisa-zeros", CloseOnExec);
        if (file == -1 || Truncate(file, (nint)FileBytes) == 0) return file;
        _ = Close(file);
        return -1;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    private static partial int Truncate(int file, nint length);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
