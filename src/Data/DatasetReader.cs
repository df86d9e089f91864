using System.Globalization;

namespace LisaOrleans.Data;

/// <summary>
/// Reads records from files of all kinds that <see cref="RecordSources"/> knows, recognised by their content, in all formats
/// that <see cref="DatasetFormats"/> knows, recognised by the first record of each source. Every error names the file, the
/// line, record or row, and the field.
/// </summary>
public static class DatasetReader
{
    /// <summary>Training examples in the order of the files, each once.</summary>
    /// <param name="sources">Files, folders and patterns, with commas between; see <see cref="DataSources"/>.</param>
    /// <param name="settings">How records become examples.</param>
    /// <exception cref="DatasetException">Anything is wrong.</exception>
    public static IEnumerable<Example> Read(string sources, DatasetSettings settings)
    {
        var policy = new FieldPolicy(settings);
        return Records(sources, DataSplit.Train, settings).Select(r => Parse(r, settings, policy));
    }

    /// <summary>Pairs of answers, for objectives that learn from preferences.</summary>
    /// <inheritdoc cref="Read"/>
    public static IEnumerable<PreferencePair> ReadPairs(string sources, DatasetSettings settings)
    {
        var policy = PolicyOf(settings, pairs: true);
        return Records(sources, DataSplit.Train, OfPairs(settings)).Select(r => ParsePair(r, settings, policy));
    }

    /// <summary>Answers with a label, for objectives that learn from good and bad ones.</summary>
    /// <inheritdoc cref="Read"/>
    public static IEnumerable<LabelledAnswer> ReadLabelled(string sources, DatasetSettings settings)
    {
        var policy = new FieldPolicy(settings);
        return Records(sources, DataSplit.Train, settings with { Format = settings.Format ?? LabelledFormat.FormatName })
            .Select(r => Parse(r, policy, LabelledFormat.ParseAnswer));
    }

    /// <summary>The settings with which records are pairs.</summary>
    internal static DatasetSettings OfPairs(DatasetSettings settings) =>
        settings with { Format = settings.Format ?? PreferenceFormat.FormatName };

    /// <summary>What becomes of fields; turns of pairs of answers weigh 0 or 1, since a pair's loss is none of single tokens.</summary>
    internal static FieldPolicy PolicyOf(DatasetSettings settings, bool pairs) =>
        pairs ? new(settings) { WholeWeights = "an objective that learns from pairs of answers" } : new(settings);

    internal static PreferencePair ParsePair(SourceRecord record, DatasetSettings settings, FieldPolicy policy) =>
        Parse(record, policy, reader =>
        {
            var pair = PreferenceFormat.ParsePair(reader);
            NamedTemplateCheck.Check(reader, pair.Chosen, settings);
            NamedTemplateCheck.Check(reader, pair.Rejected, settings);
            return pair;
        });

    internal static Example Parse(SourceRecord record, DatasetSettings settings, FieldPolicy policy) => Parse(record, policy, reader =>
    {
        var example = record.Format.Parse(reader, settings);
        NamedTemplateCheck.Check(reader, example, settings);
        return example with { Weight = reader.OptionalWeight("weight") ?? 1 };
    }, ", weight");

    /// <summary>Records of all sources, not yet parsed.</summary>
    internal static IEnumerable<SourceRecord> Records(string sources, DataSplit split, DatasetSettings settings)
    {
        var (read, chosen, used) = (0L, 0L, 0L);
        foreach (var (number, source) in DataSources.Resolve(sources, split).Index())
        {
            IDatasetFormat? format = null;
            var index = 0L;
            foreach (var raw in source.Files.SelectMany(f => RecordSources.Read(f, settings)))
            {
                format ??= Choose(raw, settings);
                var isHeldOut = split.HeldOut > 0 && source.IsHeldOut(index, split.HeldOut);
                var isChosen = isHeldOut == split.IsHeldOut;
                var uses = isChosen ? source.Uses(index) : 0;
                index++;
                (read, chosen) = (read + 1, chosen + (isChosen ? 1 : 0));
                if (uses == 0) continue;
                used++;
                yield return new SourceRecord(raw, format, uses, number + 1);
            }

            if (format is null) throw new DatasetException($"{source.Path}: has no records");
        }

        if (used == 0) throw NoneUsed(sources, split, read, chosen);
    }

    private static DatasetException NoneUsed(string sources, DataSplit split, long read, long chosen)
    {
        if (chosen > 0) return new($"{sources}: with these weights {OfAll("none")} is used; give larger ones");
        var share = string.Create(CultureInfo.InvariantCulture, $"validation_split {split.HeldOut}");
        return new(split.IsHeldOut
            ? $"{sources}: {share} holds out {OfAll("none")}; give a larger share, or other data to evaluate on"
            : $"{sources}: {share} holds out {OfAll("all")}; give a smaller share, or other data to evaluate on");

        string OfAll(string some) => $"{some} of {Quantity.Of(read, "record")}";
    }

    private static T Parse<T>(SourceRecord record, FieldPolicy policy, Func<RecordReader, T> parse, string more = "")
    {
        using var document = JsonText.Parse(record.Raw);
        var reader = new RecordReader(record.Raw.File, record.Raw.Place, document.RootElement, policy);
        var parsed = parse(reader);
        policy.Check(reader, $"format {record.Format.Name} reads {record.Format.Fields}{more}", isTurn: false, [.. record.Format.Redundant]);
        return parsed;
    }

    private static IDatasetFormat Choose(RawRecord first, DatasetSettings settings)
    {
        using var document = JsonText.Parse(first);
        return DatasetFormats.Choose(new RecordReader(first.File, first.Place, document.RootElement, new FieldPolicy(settings)), settings);
    }
}
