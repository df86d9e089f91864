using LisaOrleans.Checkpoints;

namespace LisaOrleans.Api;

/// <summary>Temporary files of an import, with the names by which people know them.</summary>
internal sealed class JobFiles : IDisposable
{
    private readonly string _folder = Create();
    private readonly List<(string Path, string Name)> _names = [];

    /// <summary>Writes one of the files.</summary>
    /// <exception cref="TemporaryFolderException">There is no room for it.</exception>
    public async Task WriteAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (Exception e) when (e is not StoreRefusedException && TemporaryFolderException.Is(e) && StoreRefusal.Find(e, _folder) is not null)
        {
            throw new TemporaryFolderException(e);
        }
    }

    /// <summary>A path for a file or folder.</summary>
    public string Add(string name)
    {
        var path = Path.Combine(_folder, $"{_names.Count}");
        _names.Add((path, name));
        return path;
    }

    /// <summary>Adds the name for a path that is not one of these files.</summary>
    public string Know(string path, string name)
    {
        _names.Add((path, name));
        return path;
    }

    /// <summary>A message with paths replaced by names.</summary>
    public string Rename(string message) => _names.Aggregate(message, (text, file) => ApiText.Rename(text, file.Path, file.Name));

    /// <summary>Whether a message is about one of the files.</summary>
    public bool AreNamedIn(string message) => Rename(message) != message;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Create()
    {
        try
        {
            return Directory.CreateTempSubdirectory("lisa-import-").FullName;
        }
        catch (Exception e) when (TemporaryFolderException.Is(e))
        {
            throw new TemporaryFolderException(e);
        }
    }
}
