namespace LisaOrleans;

/// <summary>One of the sources that <c>--data</c> and <see cref="RunRequest.DataFile"/> name, with the files that it has here.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">The path, without the part and the weight.</param>
/// <param name="Files">Its files, in ordinal order.</param>
/// <param name="Weight">How often its records are used: 0.5 uses half of them, 2 each twice.</param>
public sealed record DataSourcePath(DataSourceKind Kind, string Path, IReadOnlyList<string> Files, double Weight)
{
    /// <value>
    /// The configuration or split of a folder that is named after a <c>#</c>, or both with a slash between; null (default) where none is.
    /// </value>
    public string? Part { get; init; }

    /// <value>The files of a folder that say which of the others are what. Default none.</value>
    public IReadOnlyList<string> Descriptions { get; init; } = [];
}
