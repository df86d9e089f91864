using System.IO.Enumeration;

namespace LisaOrleans.Checkpoints;

/// <summary>
/// The files of a store's folder. A disk's root has folders that nobody may read (<c>lost+found</c>), and people keep other things there:
/// only folders are looked into that may be the store's by their names. A link to one counts, as a part of a store may lie on another disk.
/// </summary>
internal static class StoreFiles
{
    /// <summary>All files in a folder, and in those below.</summary>
    /// <exception cref="UnauthorizedAccessException">A folder may not be read that may be the store's.</exception>
    public static IEnumerable<FileInfo> In(string folder) => In(folder, (ref FileSystemEntry entry) => (FileInfo)entry.ToFileSystemInfo());

    /// <summary>Their paths alone: nothing else of a file is asked for, which takes time where a folder is shared.</summary>
    /// <exception cref="UnauthorizedAccessException">A folder may not be read that may be the store's.</exception>
    public static IEnumerable<string> PathsIn(string folder) => In(folder, (ref FileSystemEntry entry) => entry.ToFullPath());

    private static FileSystemEnumerable<T> In<T>(string folder, FileSystemEnumerable<T>.FindTransform of) => new(
        folder, of,
        new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.None })
    {
        ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory,
        ShouldRecursePredicate = (ref FileSystemEntry entry) => DocumentPath.IsName(entry.FileName),
    };
}
