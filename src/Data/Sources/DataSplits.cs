using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>
/// Finds the splits of a source's files by their names, as the hub does: <c>train-00000-of-00002.parquet</c>,
/// <c>data/test.jsonl</c>.
/// </summary>
internal static partial class DataSplits
{
    private const string Train = "train";
    private const string Validation = "validation";
    private const string Test = "test";

    // Files whose names say nothing of splits.
    private const string None = "";
    private const int NotedFiles = 3;

    public static IReadOnlyList<string> Names { get; } = [Train, Validation, Test];

    /// <summary>The files of a split; all of them where no name is that of a split, and none is required.</summary>
    public static DataChoice Select(DataSourcePath source, DataSplit split)
    {
        var splits = source.Files.GroupBy(f => Of(f, source)).ToDictionary(g => g.Key, g => g.ToArray());
        var name = source.Part is { } part ? Named(splits.Keys, part, source, split)
            : Choose(splits.Keys, split) ?? throw Missing(source, split, splits.Keys);
        return new DataChoice(splits[name], Note(source, name, splits[name], splits.Keys));
    }

    /// <summary>What to throw where a file is not of a split that must be there.</summary>
    public static DatasetException Missing(DataSourcePath source, DataSplit split) => Missing(source, split, []);

    private static DatasetException Missing(DataSourcePath source, DataSplit split, IReadOnlyCollection<string> names)
    {
        var others = Listed(names);
        var like = others.FirstOrDefault(n => IsLike(n, split.Name)) ?? (split.IsRequired ? null : others.FirstOrDefault());
        var only = others.Length > 0 ? $", only of {string.Join(", ", others)}" : "";
        var advice = like is not null && source.Kind == DataSourceKind.Folder
            ? $"name one of them{(split.IsRequired ? " as eval_data, without validation_split" : "")}: {source.Path}#{like}"
            : split.IsRequired ? "give validation_split a share such as 0.1, or name a folder with such files"
            : "name the files to be read";
        return new DatasetException($"{source.Path}: has no files of split {split.Name}{only}; {advice}");
    }

    private static string Named(IReadOnlyCollection<string> names, string part, DataSourcePath source, DataSplit split)
    {
        var name = names.Contains(part) ? part : Usual(part);
        if (name is null || !names.Contains(name))
        {
            var others = Listed(names);
            var has = others.Length > 0 ? $"it has {string.Join(", ", others)}" : "its files are of no split";
            throw new DatasetException($"{source.Path}: has no split '{part}'; {has}");
        }

        return split.IsRequired ? throw Missing(source, split) : name;
    }

    private static string? Choose(IReadOnlyCollection<string> names, DataSplit split)
    {
        if (Wanted(split.Name) is { } name) return name;

        // Data that is only scored may lie in test alone; files without a split's name are trained on.
        if (split.OrTest && !names.Any(n => IsLike(n, split.Name)) && Wanted(Test) is { } test) return test;
        if (split.Name == Train && names.Count > 1 && names.Contains(None) && !names.Any(n => IsLike(n, Train))) return None;
        return names.Count == 1 && !split.IsRequired && Keyword(names.First()) is null ? names.First() : null;

        // train_sft stands for train only where there is no train_prefs.
        string? Wanted(string wanted) => names.Contains(wanted) ? wanted
            : names.Where(n => IsLike(n, wanted)).ToArray() is [var like] ? like : null;
    }

    private static string Of(string file, DataSourcePath source)
    {
        if (source.Kind != DataSourceKind.Folder) return Keyword(Path.GetFileName(file)) ?? None;
        var relative = Path.GetRelativePath(source.Path, file);
        return Shard().Match(Path.GetFileName(relative)) is { Success: true, Groups: [_, { Value: var stem }] }
            && (Path.GetDirectoryName(relative) == "data" || Keyword(stem) is not null)
            ? Usual(stem) ?? stem
            : Keyword(relative) ?? None;
    }

    private static string? Note(DataSourcePath source, string name, string[] files, IReadOnlyCollection<string> names)
    {
        if (names.Count == 1) return null;
        var others = Listed(names.Where(n => n != name));
        var read = files.Take(NotedFiles)
            .Select(f => source.Kind == DataSourceKind.Folder ? Path.GetRelativePath(source.Path, f) : Path.GetFileName(f));
        var chosen = name == None ? "files of no split" : $"split {name}";
        return $"{chosen}, not {(others.Length > 0 ? string.Join(", ", others) : "those of no split")}: "
            + $"{string.Join(", ", read)}{(files.Length > NotedFiles ? $" and {files.Length - NotedFiles} more" : "")}";
    }

    private static string[] Listed(IEnumerable<string> names) => [.. names.Where(n => n != None).Order(StringComparer.Ordinal)];

    private static bool IsLike(string name, string split) => name != split && Keyword(name) == split;

    // The split that a text names; null for none.
    private static string? Keyword(string text) =>
        Word().Match(text) is { Success: true, Groups: [_, { Value: var word }] } ? Split(word) : null;

    // The usual name of a split whose whole name is such a word; null for another.
    private static string? Usual(string name) =>
        Word().Match(name) is { Success: true, Value: var word } && word.Length == name.Length ? Split(word) : null;

    private static string Split(string word) => word.ToLowerInvariant() switch
    {
        "train" or "training" => Train,
        "test" or "testing" => Test,
        _ => Validation,
    };

    [GeneratedRegex(@"(?<![a-zA-Z])(train|training|test|testing|validation|valid|val|dev|eval|evaluation)(?![a-zA-Z])", RegexOptions.IgnoreCase)]
    private static partial Regex Word();

    // As in data_files.py of datasets, where a split's name is \w+(\.\w+)*.
    [GeneratedRegex(@"^(\w+(?:\.\w+)*)-[0-9]{5}-of-[0-9]{5}")]
    private static partial Regex Shard();
}
