namespace LisaOrleans.Cli;

/// <summary>Folders that a command creates before it knows whether it will use them: those that stay empty are removed.</summary>
internal sealed class NewFolders
{
    private readonly List<string> _made = [];

    /// <summary>Remembers a folder before it is created, and its parents that do not exist either.</summary>
    public void Expect(string path)
    {
        var first = path;
        while (Path.GetDirectoryName(first) is { Length: > 0 } parent && !Directory.Exists(parent)) first = parent;
        if (!Directory.Exists(first)) _made.Add(first);
    }

    /// <summary>Deletes those that hold no file. The others stay as they are, as a store without its empty folders is none.</summary>
    public void RemoveEmpty()
    {
        foreach (var folder in _made.AsEnumerable().Reverse().Where(HoldsNoFile)) Remove(folder);
    }

    private static bool HoldsNoFile(string folder)
    {
        try
        {
            return Directory.Exists(folder) && !Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Any();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    // From the bottom up, and only what is empty at this moment: somebody else may be writing there.
    private static void Remove(string folder)
    {
        try
        {
            foreach (var inner in Directory.EnumerateDirectories(folder)) Remove(inner);
            if (!Directory.EnumerateFileSystemEntries(folder).Any()) Directory.Delete(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // An empty folder does no harm.
        }
    }
}
