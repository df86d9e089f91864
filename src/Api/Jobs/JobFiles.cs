namespace LisaOrleans.Api;

/// <summary>Temporary files of an import, with the names that people know them by.</summary>
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

    /// <summary>A path that is not here, with its name.</summary>
    public string Know(string path, string name)
    {
        _names.Add((path, name));
        return path;
    }

    /// <summary>A message with names for paths.</summary>
    public string Rename(string message) => _names.Aggregate(message, (text, file) => text.Replace(file.Path, file.Name, StringComparison.Ordinal));

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
