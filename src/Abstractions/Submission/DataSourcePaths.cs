using System.Globalization;

namespace LisaOrleans;

/// <summary>
/// Reads what names data: files, folders and patterns, with commas between, each with a weight after a colon if it is not 1
/// (<c>a.jsonl,b.jsonl:0.5</c>). A configuration or a split of a folder follows a <c>#</c>
/// (<c>gsm8k#main</c>, <c>gsm8k#main/test</c>).
/// </summary>
public static class DataSourcePaths
{
    /// <summary>What says of which configurations a folder of the hub consists.</summary>
    public const string Card = "README.md";

    /// <summary>What says of which splits a folder consists that save_to_disk wrote.</summary>
    public const string Splits = "dataset_dict.json";

    private const double LargestWeight = 1000;

    private static readonly string[] s_extensions = [".jsonl", ".json", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".jsonlines"];
    private static readonly string[] s_packed = [".gz", ".zst", ".zstd"];

    // What the hub and save_to_disk write beside the data.
    private static readonly string[] s_descriptions = ["dataset_info.json", "dataset_infos.json", Splits, SavedFiles.State, "config.json"];

    /// <summary>The sources one by one. A path that exists is one, whatever it holds.</summary>
    /// <param name="sources">As the user wrote them.</param>
    /// <param name="folder">What relative paths are relative to; null for the working folder.</param>
    public static IReadOnlyList<string> Split(string sources, string? folder = null) =>
        Exists(Path.Combine(folder ?? "", sources)) || !sources.Contains(',', StringComparison.Ordinal)
        ? [sources]
        : sources.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What people call them: without the folders, which are some machine's own.</summary>
    public static string Names(string sources) => string.Join(", ", Split(sources).Select(Name));

    /// <summary>Whether a text can follow a folder's <c>#</c>, and leads neither out of the folder nor to another source.</summary>
    public static bool IsPart(string text) =>
        !text.Any(c => char.IsControl(c) || c is '\\' or '#' or ',' or ':') && text.Split('/').All(s => s.Length > 0 && s[0] != '.');

    /// <summary>One of the sources, with its files.</summary>
    /// <param name="source">As the user wrote it.</param>
    /// <exception cref="InvalidTrainingInputException">It is not there, or holds no data.</exception>
    public static DataSourcePath Read(string source)
    {
        var (path, weight) = (source, 1.0);
        if (!Exists(source) && source.LastIndexOf(':') is > 1 and var colon)
        {
            path = source[..colon];
            if (!double.TryParse(source[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out weight)
                || weight is not (> 0 and <= LargestWeight))
                throw new InvalidTrainingInputException(
                    $"{source}: no such file; what follows a colon is a weight above 0, as in {path}:0.5");
        }

        string? part = null;
        if (PartAt(path) is > 0 and var hash && Directory.Exists(path[..hash])) (path, part) = (path[..hash], path[(hash + 1)..]);
        if (IsPipe(path))
        {
            throw new InvalidTrainingInputException(
                $"{path}: is a pipe, which can be read only once, and training reads its data more than once; write it to a file first");
        }

        return File.Exists(path) ? new DataSourcePath(DataSourceKind.File, path, [path], weight)
            : Directory.Exists(path) ? OfFolder(path, weight) with { Part = part }
            : new DataSourcePath(DataSourceKind.Pattern, path, Matching(path), weight);
    }

    private static string Name(string source)
    {
        var end = PartAt(source) is > 0 and var hash ? hash : source.Length;
        return Path.GetFileName(Path.TrimEndingDirectorySeparator(source[..end])) + source[end..];
    }

    // Where the # is that a part follows; -1 for none. A path may have one itself.
    private static int PartAt(string source) =>
        !Exists(source) && source.LastIndexOf('#') is > 0 and var hash && !Path.EndsInDirectorySeparator(source[..hash]) ? hash : -1;

    private static bool IsPipe(string path)
    {
        if (!File.Exists(path)) return false;
        try
        {
            using var opened = File.OpenRead(path);
            return !opened.CanSeek;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever reads it says what is wrong.
            return false;
        }
    }

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    private static DataSourcePath OfFolder(string folder, double weight) => new(DataSourceKind.Folder, folder, InFolder(folder), weight)
    {
        Descriptions = [.. ((string[])[Card, Splits]).Select(name => Path.Combine(folder, name)).Where(File.Exists)],
    };

    private static string[] InFolder(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(f => IsData(folder, f)).GroupBy(f => Path.GetDirectoryName(f)!).SelectMany(g => Saved(g.Key, g))
            .Order(StringComparer.Ordinal).ToArray();
        return files.Length > 0
            ? files
            : throw new InvalidTrainingInputException(
                $"{folder}: the folder holds no data files ({string.Join(", ", s_extensions)}, optionally with {string.Join(", ", s_packed)})");
    }

    private static IEnumerable<string> Saved(string folder, IEnumerable<string> files) =>
        SavedFiles.Of(folder) is { } saved ? files.Where(f => saved.Contains(Path.GetFileName(f))) : files.Where(f => !SavedFiles.IsCache(Path.GetFileName(f)));

    private static bool IsData(string folder, string file)
    {
        // Caches and the like begin with a dot.
        if (Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar).Any(p => p.StartsWith('.'))) return false;
        var name = Path.GetFileName(file);
        if (s_descriptions.Contains(name, StringComparer.OrdinalIgnoreCase)) return false;
        if (s_packed.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase)) name = Path.GetFileNameWithoutExtension(name);
        return s_extensions.Contains(Path.GetExtension(name), StringComparer.OrdinalIgnoreCase);
    }

    private static string[] Matching(string pattern)
    {
        var name = Path.GetFileName(pattern);
        var folder = Path.GetDirectoryName(pattern) is { Length: > 0 } given ? given : ".";
        if (!name.AsSpan().ContainsAny('*', '?'))
            throw new InvalidTrainingInputException(
                $"{pattern}: no such file; training data is JSON lines, a JSON list, CSV, TSV, Parquet or Arrow");
        var files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, name).Order(StringComparer.Ordinal).ToArray() : [];
        return files.Length > 0 ? files : throw new InvalidTrainingInputException($"{pattern}: no file matches");
    }
}
