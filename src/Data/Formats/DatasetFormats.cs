namespace LisaOrleans.Data;

/// <summary>All data set formats, in the order in which they are tried.</summary>
public static class DatasetFormats
{
    /// <summary>The format of pairs of answers.</summary>
    public const string Pairs = PreferenceFormat.FormatName;

    private static readonly IDatasetFormat[] s_formats =
    [
        new MappedFieldsFormat(), new TokenIdsFormat(), new PreferenceFormat(), new ChosenFormat(), new LabelledFormat(),
        new MessagesFormat(), new ShareGptFormat(), new PromptCompletionFormat(), new AlpacaFormat(), new InputOutputFormat(), new TextFormat(),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_formats.Select(f => f.Name)];

    internal static IDatasetFormat Choose(RecordReader first, DatasetSettings settings)
    {
        if (settings.Format is { } name)
        {
            return s_formats.FirstOrDefault(f => f.Name == name)
                ?? throw new DatasetException($"data format '{name}' is unknown; one of {string.Join(", ", Names)}");
        }

        return s_formats.FirstOrDefault(f => f.Matches(first, settings)) ?? throw first.Wrong(
            $"has fields {string.Join(", ", first.Element.EnumerateObject().Select(p => $"'{p.Name}'").DefaultIfEmpty("none"))}; known are "
            + string.Join("; ", s_formats.Select(f => $"{f.Name} ({f.Fields})")));
    }
}
