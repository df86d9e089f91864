namespace LisaOrleans.Data;

/// <summary>Chooses the split of a source that is read.</summary>
internal static class DataSplits
{
    private const int NotedFiles = 3;

    public static IReadOnlyList<string> Names { get; } = [SplitNames.Train, SplitNames.Validation, SplitNames.Test];

    /// <summary>The files of a split; all of them where no name is that of a split, and none is required.</summary>
    public static DataChoice Select(DataSourcePath source, DataSplit split)
    {
        var choice = HubChoice.Of(source);
        var declared = choice.Config?.Splits;
        var found = declared is null ? ByName(source, choice.Config?.Root(source) ?? source.Path) : [];
        IReadOnlyCollection<string> names = declared is null ? found.Keys : [.. declared.Select(s => s.Name)];
        var name = choice.Split is { } part
            ? Named(names, part, source, split)
            : SplitNames.Choose(names, split) ?? throw Missing(source, split, names, choice);
        var files = declared is null ? found[name] : choice.Config!.Files(source, name);
        return new DataChoice(files, Note(source, choice, name, files, names));
    }

    /// <summary>What to throw where a source has no splits, and one must be there.</summary>
    public static DatasetException Missing(DataSourcePath source, DataSplit split) => Missing(source, split, []);

    private static DatasetException Missing(
        DataSourcePath source, DataSplit split, IReadOnlyCollection<string> names, HubChoice? choice = null)
    {
        var others = Listed(names);
        var like = others.FirstOrDefault(n => SplitNames.IsLike(n, split.Name)) ?? (split.IsRequired ? null : others.FirstOrDefault());
        var only = others.Length > 0 ? $", only of {string.Join(", ", others)}" : "";
        var config = choice is { Config: { } chosen, Others.Count: > 0 } ? $"{chosen.Name}/" : "";
        var advice = like is not null && source.Kind == DataSourceKind.Folder
            ? $"name one of them{(split.IsRequired ? " as eval_data, without validation_split" : "")}: {source.Path}#{config}{like}"
            : split.IsRequired ? "give validation_split a share such as 0.1, or name a folder with such files"
            : "name the files to be read";
        return new DatasetException($"{source.Path}: has no files of split {split.Name}{only}; {advice}");
    }

    private static string Named(IReadOnlyCollection<string> names, string part, DataSourcePath source, DataSplit split)
    {
        var name = names.Contains(part) ? part : SplitNames.Usual(part);
        if (name is null || !names.Contains(name))
        {
            var others = Listed(names);
            var has = others.Length > 0 ? $"it has {string.Join(", ", others)}" : "its files are of no split";
            throw new DatasetException($"{source.Path}: has no split '{part}'; {has}");
        }

        return split.IsRequired ? throw Missing(source, split) : name;
    }

    private static Dictionary<string, string[]> ByName(DataSourcePath source, string root)
    {
        var inside = Path.TrimEndingDirectorySeparator(root) + Path.DirectorySeparatorChar;
        var saved = source.Kind == DataSourceKind.Folder ? SavedSplits.Of(root) : [];
        var files = source.Kind == DataSourceKind.Folder
            ? source.Files.Where(f => f.StartsWith(inside, StringComparison.Ordinal)).Select(f => (File: f, Split: Split(f)))
            : source.Files.Select(f => (File: f, Split: SplitNames.Keyword(Path.GetFileName(f)) ?? SplitNames.None));
        return files.GroupBy(f => f.Split).ToDictionary(g => g.Key, g => g.Select(f => f.File).ToArray());

        string Split(string file)
        {
            var path = Path.GetRelativePath(root, file);
            var first = path.Split(Path.DirectorySeparatorChar)[0];
            return saved.Contains(first) ? SplitNames.Usual(first) ?? first : SplitNames.OfFile(path);
        }
    }

    private static string? Note(DataSourcePath source, HubChoice choice, string name, string[] files, IReadOnlyCollection<string> names)
    {
        var chosen = new List<string>();
        if (choice is { Config: { } config, Others.Count: > 0 })
            chosen.Add($"configuration {config.Name}, not {string.Join(", ", choice.Others)}");
        if (names.Count > 1)
        {
            var others = Listed(names.Where(n => n != name));
            chosen.Add(
                $"{(name == SplitNames.None ? "files of no split" : $"split {name}")}, "
                    + $"not {(others.Length > 0 ? string.Join(", ", others) : "those of no split")}");
        }

        if (chosen.Count == 0) return null;
        var read = files.Take(NotedFiles)
            .Select(f => source.Kind == DataSourceKind.Folder ? Path.GetRelativePath(source.Path, f) : Path.GetFileName(f));
        return $"{string.Join("; ", chosen)}: "
            + $"{string.Join(", ", read)}{(files.Length > NotedFiles ? $" and {files.Length - NotedFiles} more" : "")}";
    }

    private static string[] Listed(IEnumerable<string> names) => [.. names.Where(n => n != SplitNames.None).Order(StringComparer.Ordinal)];
}
