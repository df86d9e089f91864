namespace LisaOrleans.Api;

/// <summary>Temporary files of an import, with the names by which people know them.</summary>
internal sealed class JobFiles : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lisa-import-").FullName;
    private readonly List<(string Path, string Name)> _names = [];

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
    public string Rename(string message) => _names.Aggregate(message, (text, file) => text.Replace(file.Path, file.Name, StringComparison.Ordinal));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
