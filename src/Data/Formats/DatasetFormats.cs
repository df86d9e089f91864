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

    /// <summary>Checks that fields are named for one format only, and for the one that was chosen.</summary>
    /// <param name="settings">The settings of the data.</param>
    /// <exception cref="InvalidTrainingSettingException">A field would not be read.</exception>
    public static void Check(DatasetSettings settings)
    {
        (string Setting, string? Field, string Format)[] named =
        [
            ("prompt_field", settings.PromptField, MappedFieldsFormat.FormatName),
            ("completion_field", settings.CompletionField, MappedFieldsFormat.FormatName),
            ("text_field", settings.TextField, TextFormat.FormatName),
        ];
        var given = named.Where(n => n.Field is not null).ToArray();
        foreach (var (setting, field, format) in given)
        {
            if (settings.Format is { } chosen && chosen != format)
                throw new InvalidTrainingSettingException(setting, $"is '{field}', which only {{data_format}} {format} reads; it is {chosen}");
            if (given.FirstOrDefault(n => n.Format != format) is { Setting: { } other })
                throw new InvalidTrainingSettingException(setting, $"is '{field}', but {{{other}}} is given too; a record is read by one of them");
        }
    }

    internal static IDatasetFormat Choose(RecordReader first, DatasetSettings settings)
    {
        Check(settings);
        if ((settings.Format ?? (settings.TextField is null ? null : TextFormat.FormatName)) is { } name)
        {
            return s_formats.FirstOrDefault(f => f.Name == name)
                ?? throw new DatasetException($"data format '{name}' is unknown; one of {string.Join(", ", Names)}");
        }

        return s_formats.FirstOrDefault(f => f.Matches(first, settings)) ?? throw first.Wrong(
            $"has fields {string.Join(", ", first.Element.EnumerateObject().Select(p => $"'{p.Name}'").DefaultIfEmpty("none"))}; known are "
            + string.Join("; ", s_formats.Select(f => $"{f.Name} ({f.Fields})")));
    }
}
