namespace LisaOrleans;

/// <summary>What a source of data is.</summary>
public enum DataSourceKind
{
    /// <summary>One file, whatever its name.</summary>
    File,

    /// <summary>The data files in a folder and those below it.</summary>
    Folder,

    /// <summary>The files of a folder whose names match, as <c>data/*.jsonl</c>.</summary>
    Pattern,
}
