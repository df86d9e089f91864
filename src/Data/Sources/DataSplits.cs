using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>
/// Finds the splits of a folder's files by their names, as the hub does: <c>train-00000-of-00002.parquet</c>,
/// <c>data/test.jsonl</c>.
/// </summary>
internal static partial class DataSplits
{
    private const string Train = "train";
    private const string Validation = "validation";
    private const string Test = "test";

    public static IReadOnlyList<string> Names { get; } = [Train, Validation, Test];

    /// <summary>The files of a split; all of them where no name is that of a split, and none is required.</summary>
    public static IReadOnlyList<string> Select(IReadOnlyList<string> files, string source, DataSplit split)
    {
        var groups = files.GroupBy(f => Of(f, source)).ToDictionary(g => g.Key ?? "", g => g.ToArray());
        if (groups.Count == 1 && groups.ContainsKey("")) return split.IsRequired ? throw Missing(source, split, "") : files;
        if (groups.TryGetValue(split.Name, out var found)) return found;

        // Data that is only scored may lie in test alone; files without a split's name are trained on.
        if (split.OrTest && groups.TryGetValue(Test, out found)) return found;
        if (split.Name == Train && groups.TryGetValue("", out found)) return found;
        throw Missing(source, split, $", only of {string.Join(", ", groups.Keys.Where(k => k.Length > 0).Order(StringComparer.Ordinal))}");
    }

    /// <summary>What to throw where data have no such split.</summary>
    /// <param name="source">The file, folder or pattern.</param>
    /// <param name="split">The split.</param>
    /// <param name="others">The splits that there are, in words that follow.</param>
    public static DatasetException Missing(string source, DataSplit split, string others)
    {
        var advice = split.IsRequired ? "give validation_split a share such as 0.1, or name a folder with such files" : "name the files to be read";
        return new DatasetException($"{source}: has no files of split {split.Name}{others}; {advice}");
    }

    private static string? Of(string file, string source)
    {
        var relative = Directory.Exists(source) ? Path.GetRelativePath(source, file) : Path.GetFileName(file);
        return Word().Match(relative) is not { Success: true, Groups: { } groups } ? null : groups[1].Value.ToLowerInvariant() switch
        {
            "train" or "training" => Train,
            "test" or "testing" => Test,
            _ => Validation,
        };
    }

    [GeneratedRegex(@"(?<![a-zA-Z])(train|training|test|testing|validation|valid|val|dev|eval|evaluation)(?![a-zA-Z])", RegexOptions.IgnoreCase)]
    private static partial Regex Word();
}
