using System.Text;
using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>A configuration of a data set, as the README.md of its folder declares it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsDefault">Whether it is read where none is named.</param>
/// <param name="Folder">Where its files are, below the folder: empty for the folder itself.</param>
/// <param name="Splits">Its splits with patterns of their files; null where the files' names tell.</param>
internal sealed record HubConfig(
    string Name, bool IsDefault, string Folder, IReadOnlyList<(string Name, IReadOnlyList<string> Patterns)>? Splits)
{
    /// <summary>Where its files are.</summary>
    public string Root(DataSourcePath source) => Path.Combine(source.Path, Folder);

    /// <summary>The files of a split that it declares, in the order of its patterns.</summary>
    /// <exception cref="DatasetException">A pattern matches none: some were not downloaded, or are no data files here.</exception>
    public string[] Files(DataSourcePath source, string split) =>
        [.. Splits!.First(s => s.Name == split).Patterns.SelectMany(p => Matching(source, split, p)).Distinct()];

    private IEnumerable<string> Matching(DataSourcePath source, string split, string pattern)
    {
        var regex = Glob(pattern.StartsWith("./", StringComparison.Ordinal) ? pattern[2..] : pattern);
        var root = Root(source);
        var files = source.Files
            .Where(f => regex.IsMatch(Path.GetRelativePath(root, f).Replace(Path.DirectorySeparatorChar, '/'))).ToArray();
        return files.Length > 0 ? files : throw new DatasetException(
            $"{source.Path}: README.md names {pattern} for split {split}, and no data file matches; fetch such files, or name "
                + "those to be read");
    }

    // As fsspec's glob: only ** crosses folders.
    private static Regex Glob(string pattern)
    {
        var regex = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            var end = pattern[i] == '[' ? pattern.IndexOf(']', Math.Min(i + 2, pattern.Length)) : -1;
            if (end > 0)
            {
                var isNot = pattern[i + 1] is '!' or '^';
                var set = pattern[(i + (isNot ? 2 : 1))..end];
                foreach (var special in (string[])["\\", "["]) set = set.Replace(special, $"\\{special}", StringComparison.Ordinal);
                regex.Append(isNot ? "[^" : "[").Append(set).Append(']');
                i = end;
            }
            else if (string.CompareOrdinal(pattern, i, "**/", 0, 3) == 0)
            {
                regex.Append("(.*/)?");
                i += 2;
            }
            else if (string.CompareOrdinal(pattern, i, "**", 0, 2) == 0)
            {
                regex.Append(".*");
                i++;
            }
            else regex.Append(pattern[i] switch { '*' => "[^/]*", '?' => "[^/]", var c => Regex.Escape(c.ToString()) });
        }

        try
        {
            return new Regex(regex.Append('$').ToString(), RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
        }
        catch (RegexParseException)
        {
            throw new DatasetException($"README.md: '{pattern}' is no pattern of files");
        }
    }
}
