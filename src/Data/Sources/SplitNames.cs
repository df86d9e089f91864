using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>
/// Finds splits by the names of files, as the hub does: <c>train-00000-of-00002.parquet</c>, <c>data/test.jsonl</c>.
/// </summary>
internal static partial class SplitNames
{
    public const string Train = "train";
    public const string Validation = "validation";
    public const string Test = "test";

    /// <summary>That of files whose names say nothing of splits.</summary>
    public const string None = "";

    /// <summary>The split of a file of a folder. A shard's is its name's whole beginning: train_sft is not train.</summary>
    public static string OfFile(string path) =>
        Shard().Match(Path.GetFileName(path)) is { Success: true, Groups: [_, { Value: var stem }] }
        && (Path.GetDirectoryName(path) == "data" || Keyword(stem) is not null)
            ? Usual(stem) ?? stem
            : Keyword(path) ?? None;

    /// <summary>The usual split that a text names; null for none.</summary>
    public static string? Keyword(string text) =>
        Word().Match(text) is { Success: true, Groups: [_, { Value: var word }] } ? Split(word) : null;

    /// <summary>The usual split that a name is another word for; null where it is another's.</summary>
    public static string? Usual(string name) =>
        Word().Match(name) is { Success: true, Value: var word } && word.Length == name.Length ? Split(word) : null;

    /// <summary>Whether a name is that of a part of a usual split, as train_sft is of train.</summary>
    public static bool IsLike(string name, string split) => name != split && Keyword(name) == split;

    /// <summary>Which of some splits is read; null where it is not there, or it is not clear which.</summary>
    public static string? Choose(IReadOnlyCollection<string> names, DataSplit split)
    {
        if (Wanted(split.Name) is { } name) return name;
        if (names.Any(n => IsLike(n, split.Name))) return null;

        // Data that is only scored may lie in test alone; files without a split's name are trained on.
        if (split.OrTest && Wanted(Test) is { } test) return test;
        if (split.Name == Train && names.Count > 1 && names.Contains(None)) return None;
        return names.Count == 1 && !split.IsRequired && Keyword(names.First()) is null ? names.First() : null;

        // train_sft stands for train only where there is no train_prefs.
        string? Wanted(string wanted) => names.Contains(wanted) ? wanted
            : names.Where(n => IsLike(n, wanted)).ToArray() is [var like] ? like : null;
    }

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
