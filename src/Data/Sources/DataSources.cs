using System.Globalization;

namespace LisaOrleans.Data;

/// <summary>
/// What --data names: files, folders and patterns, with commas between, each with a weight after a colon if it is not 1
/// (<c>a.jsonl,b.jsonl:0.5</c>). Of a folder whose files are named after splits, as on the hub, one split is read.
/// </summary>
public static class DataSources
{
    private const double LargestWeight = 1000;

    private static readonly string[] s_extensions = [".jsonl", ".json", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow", ".feather", ".jsonlines"];
    private static readonly string[] s_packed = [".gz", ".zst", ".zstd"];

    // What the hub and save_to_disk write beside the data.
    private static readonly string[] s_descriptions = ["dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "config.json"];

    /// <summary>The files of each source, in ordinal order, with the source's weight.</summary>
    /// <param name="sources">As the user wrote them.</param>
    /// <param name="split">The split to read where files are named after splits.</param>
    /// <exception cref="DatasetException">A source is not there, or holds no data.</exception>
    internal static IReadOnlyList<DataSource> Resolve(string sources, DataSplit split) => [.. Split(sources).Select(s => Source(s, split))];

    /// <summary>All files of the sources, each with its source's weight.</summary>
    /// <inheritdoc cref="Resolve"/>
    public static IEnumerable<(string File, double Weight)> Files(string sources, DataSplit split) =>
        Resolve(sources, split).SelectMany(s => s.Files.Select(f => (f, s.Weight)));

    /// <summary>The sources one by one. A path that exists is one, whatever it holds.</summary>
    /// <param name="sources">As the user wrote them.</param>
    /// <param name="folder">What relative paths are relative to; null for the working folder.</param>
    public static IReadOnlyList<string> Split(string sources, string? folder = null) =>
        Exists(Path.Combine(folder ?? "", sources)) || !sources.Contains(',', StringComparison.Ordinal)
        ? [sources]
        : sources.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

    private static DataSource Source(string text, DataSplit split)
    {
        var (path, weight) = (text, 1.0);
        if (!Exists(text) && text.LastIndexOf(':') is > 1 and var colon)
        {
            path = text[..colon];
            if (!double.TryParse(text[(colon + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out weight)
                || weight is not (> 0 and <= LargestWeight))
                throw new DatasetException($"{text}: no such file; what follows a colon is a weight above 0, as in {path}:0.5");
        }

        if (File.Exists(path)) return new DataSource(path, [path], weight);
        var files = Directory.Exists(path) ? InFolder(path) : Matching(path);
        return new DataSource(path, DataSplits.Select(files, path, split), weight);
    }

    private static string[] InFolder(string folder)
    {
        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Where(f => IsData(folder, f)).Order(StringComparer.Ordinal).ToArray();
        return files.Length > 0
            ? files
            : throw new DatasetException(
                $"{folder}: the folder holds no data files ({string.Join(", ", s_extensions)}, optionally with {string.Join(", ", s_packed)})");
    }

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
            throw new DatasetException($"{pattern}: no such file; training data is JSON lines, a JSON list, CSV, TSV, Parquet or Arrow");
        var files = Directory.Exists(folder) ? Directory.EnumerateFiles(folder, name).Order(StringComparer.Ordinal).ToArray() : [];
        return files.Length > 0 ? files : throw new DatasetException($"{pattern}: no file matches");
    }
}
