namespace LisaOrleans.Cli;

/// <summary>Folders that a command makes before it knows whether it has any use for them: those that stay empty go again.</summary>
internal sealed class NewFolders
{
    private readonly List<string> _made = [];

    /// <summary>Takes note of a folder before it is made, and of its parents that are not there either.</summary>
    public void Expect(string path)
    {
        var first = path;
        while (Path.GetDirectoryName(first) is { Length: > 0 } parent && !Directory.Exists(parent)) first = parent;
        if (!Directory.Exists(first)) _made.Add(first);
    }

    /// <summary>Deletes those that hold no file.</summary>
    public void RemoveEmpty()
    {
        foreach (var folder in _made.AsEnumerable().Reverse().Where(Directory.Exists)) Remove(folder);
    }

    // From the bottom up, and only what is empty in this moment: somebody else may be writing there.
    private static void Remove(string folder)
    {
        try
        {
            foreach (var inner in Directory.EnumerateDirectories(folder)) Remove(inner);
            if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is only in the way.
        }
    }
}
