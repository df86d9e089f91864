namespace LisaOrleans.Data;

/// <summary>
/// What --data names (see <see cref="DataSourcePaths"/>). Of a folder whose files are named after splits, as on the hub, one split
/// is read.
/// </summary>
public static class DataSources
{
    /// <summary>The files of each source, in ordinal order, with the source's weight.</summary>
    /// <param name="sources">As the user wrote them.</param>
    /// <param name="split">The split to read where files are named after splits.</param>
    /// <exception cref="DatasetException">A source is not there, or holds no data.</exception>
    internal static IReadOnlyList<DataSource> Resolve(string sources, DataSplit split) =>
        [.. DataSourcePaths.Split(sources).Select(s => Source(s, split))];

    /// <summary>The files of each source, and the source's weight.</summary>
    /// <inheritdoc cref="Resolve"/>
    public static IEnumerable<(IReadOnlyList<string> Files, double Weight)> Files(string sources, DataSplit split) =>
        Resolve(sources, split).Select(s => (s.Files, s.Weight));

    /// <summary>A line for each source of which not all is read, in which files are named by their paths in the source.</summary>
    /// <inheritdoc cref="Resolve"/>
    public static IEnumerable<string> Notes(string sources, DataSplit split) =>
        Resolve(sources, split).Index().Where(s => s.Item.Note is not null)
            .Select(s => $"source {s.Index + 1} is read in part: {s.Item.Note}");

    /// <summary>Checks that each source is there, and has files of the split.</summary>
    /// <inheritdoc cref="Resolve"/>
    public static void Check(string sources, DataSplit split) => Resolve(sources, split);

    private static DataSource Source(string text, DataSplit split)
    {
        try
        {
            var source = DataSourcePaths.Read(text);
            if (source.Kind == DataSourceKind.File && split.IsRequired) throw DataSplits.Missing(source, split);
            var choice = source.Kind == DataSourceKind.File ? new DataChoice(source.Files, null) : DataSplits.Select(source, split);
            return new DataSource(source.Path, choice.Files, source.Weight) { Note = choice.Note };
        }
        catch (InvalidTrainingInputException e)
        {
            throw new DatasetException(e.Message);
        }
    }
}
