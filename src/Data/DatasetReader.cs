namespace LisaOrleans.Data;

/// <summary>
/// Reads records: of files of all kinds that <see cref="RecordSources"/> knows, told by their content, in all formats that
/// <see cref="DatasetFormats"/> knows, told by the first record of each source. Every error names the file, the line, record
/// or row, and the field.
/// </summary>
public static class DatasetReader
{
    /// <summary>Training examples in the order of the files, each once.</summary>
    /// <param name="sources">Files, folders and patterns, with commas between; see <see cref="DataSources"/>.</param>
    /// <param name="options">How records become examples.</param>
    /// <exception cref="DatasetException">Anything is wrong.</exception>
    public static IEnumerable<Example> Read(string sources, DatasetOptions options)
    {
        var policy = new FieldPolicy(options);
        return Records(sources, DataSplit.Train, options).Select(r => Parse(r, options, policy));
    }

    /// <summary>Pairs of answers, for objectives that learn from preferences.</summary>
    /// <inheritdoc cref="Read"/>
    public static IEnumerable<PreferencePair> ReadPairs(string sources, DatasetOptions options)
    {
        var policy = new FieldPolicy(options);
        return Records(sources, DataSplit.Train, options with { Format = options.Format ?? PreferenceFormat.FormatName })
            .Select(r => Parse(r, options, policy, PreferenceFormat.ParsePair));
    }

    /// <summary>Answers with a label, for objectives that learn from good and bad ones.</summary>
    /// <inheritdoc cref="Read"/>
    public static IEnumerable<LabelledAnswer> ReadLabelled(string sources, DatasetOptions options)
    {
        var policy = new FieldPolicy(options);
        return Records(sources, DataSplit.Train, options with { Format = options.Format ?? LabelledFormat.FormatName })
            .Select(r => Parse(r, options, policy, LabelledFormat.ParseAnswer));
    }

    internal static Example Parse(SourceRecord record, DatasetOptions options, FieldPolicy policy) => Parse(record, options, policy, reader =>
    {
        var example = record.Format.Parse(reader, options);
        NamedTemplateCheck.Check(reader, example, options);
        return example;
    });

    /// <summary>Records of all sources, not yet parsed.</summary>
    internal static IEnumerable<SourceRecord> Records(string sources, DataSplit split, DatasetOptions options)
    {
        foreach (var source in DataSources.Resolve(sources, split))
        {
            IDatasetFormat? format = null;
            var index = 0L;
            foreach (var raw in source.Files.SelectMany(f => RecordSources.Read(f, options)))
            {
                format ??= Choose(raw, options);
                var isHeldOut = split.HeldOut > 0 && source.IsHeldOut(index, split.HeldOut);
                var uses = isHeldOut != split.IsHeldOut ? 0 : source.Uses(index);
                index++;
                if (uses > 0) yield return new SourceRecord(raw, format, uses);
            }

            if (format is null) throw new DatasetException($"{source.Path}: has no records");
        }
    }

    private static T Parse<T>(SourceRecord record, DatasetOptions options, FieldPolicy policy, Func<RecordReader, T> parse)
    {
        using var document = JsonText.Parse(record.Raw);
        var reader = new RecordReader(record.Raw.File, record.Raw.Place, document.RootElement, policy);
        var parsed = parse(reader);
        policy.Check(reader, $"format {record.Format.Name} reads {record.Format.Fields}", isTurn: false, [.. record.Format.Redundant]);
        return parsed;
    }

    private static IDatasetFormat Choose(RawRecord first, DatasetOptions options)
    {
        using var document = JsonText.Parse(first);
        return DatasetFormats.Choose(new RecordReader(first.File, first.Place, document.RootElement, new FieldPolicy(options)), options);
    }
}
