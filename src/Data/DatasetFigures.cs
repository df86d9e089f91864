using System.Text.Json.Serialization;

namespace LisaOrleans.Data;

/// <summary>What a data set became, as <c>lisa data inspect</c>, a run's manifest, a job and the dashboard show it.</summary>
public sealed record DatasetFigures
{
    /// <value>Records read.</value>
    [JsonPropertyName("records")]
    public required int Records { get; init; }

    /// <value>Samples that are trained on.</value>
    [JsonPropertyName("samples")]
    public required int Samples { get; init; }

    /// <value>Tokens in all samples.</value>
    [JsonPropertyName("tokens")]
    public required long Tokens { get; init; }

    /// <value>Tokens that carry loss.</value>
    [JsonPropertyName("trained_tokens")]
    public required long TrainedTokens { get; init; }

    /// <value>Tokens among them whose weight in the loss is other than 1.</value>
    [JsonPropertyName("weighted_tokens")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long WeightedTokens { get; init; }

    /// <value>The longest sample in tokens.</value>
    [JsonPropertyName("block_size")]
    public required int BlockSize { get; init; }

    /// <value>Samples cut to the block size.</value>
    [JsonPropertyName("truncated")]
    public required int Truncated { get; init; }

    /// <value>Tokens that were cut off.</value>
    [JsonPropertyName("cut_tokens")]
    public required long CutTokens { get; init; }

    /// <value>Texts that were split into blocks.</value>
    [JsonPropertyName("split")]
    public required int Split { get; init; }

    /// <value>Records left out because nothing to learn is within the block size.</value>
    [JsonPropertyName("skipped")]
    public required int Skipped { get; init; }

    /// <value>Tokens of the shortest record before anything was cut; null where lengths are not known.</value>
    [JsonPropertyName("shortest")]
    public int? Shortest { get; init; }

    /// <value>Half of the records are at most as long.</value>
    [JsonPropertyName("median")]
    public int? Median { get; init; }

    /// <value>95 of 100 records are at most as long.</value>
    [JsonPropertyName("percentile_95")]
    public int? Percentile95 { get; init; }

    /// <value>Tokens of the longest record before anything was cut.</value>
    [JsonPropertyName("longest")]
    public int? Longest { get; init; }

    /// <value>Fields of the records that were left out.</value>
    [JsonPropertyName("fields_left_out")]
    public required IReadOnlyList<string> FieldsLeftOut { get; init; }

    /// <value>
    /// A sentence for each source that is read in part, and for each thing that was cut, split or left out; see
    /// <see cref="DatasetReport"/>.
    /// </value>
    [JsonPropertyName("notes")]
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>The lengths in words; null where they are not known.</summary>
    [JsonIgnore]
    public string? LengthsText => Longest is null ? null
        : $"lengths in tokens: shortest {Shortest}, median {Median}, 95 of 100 up to {Percentile95}, longest {Longest}";

    /// <summary>All of it in lines: counts, lengths, notes.</summary>
    [JsonIgnore]
    public IEnumerable<string> Lines
    {
        get
        {
            yield return $"{Quantity.Of(Records, "record")}, {Quantity.Of(Samples, "sample")}, {Quantity.Of(Tokens, "token")}, "
                + $"{TrainedTokens} of them learned";
            if (LengthsText is { } lengths) yield return lengths;
            foreach (var note in Notes) yield return note;
        }
    }

    /// <summary>The figures of a data set.</summary>
    /// <param name="statistics">What became of the data.</param>
    /// <param name="blockSize">The longest sample in tokens.</param>
    /// <param name="sources">What <see cref="DataSources.Notes"/> says of where they come from; null for nothing.</param>
    public static DatasetFigures Of(DatasetStatistics statistics, int blockSize, IEnumerable<string>? sources = null) => new()
    {
        Records = statistics.Records,
        Samples = statistics.Samples,
        Tokens = statistics.Tokens,
        TrainedTokens = statistics.TrainedTokens,
        WeightedTokens = statistics.Weights?.Tokens ?? 0,
        BlockSize = blockSize,
        Truncated = statistics.Truncated,
        CutTokens = statistics.CutTokens,
        Split = statistics.Split,
        Skipped = statistics.Skipped,
        Shortest = statistics.Lengths?.Shortest,
        Median = statistics.Lengths?.Median,
        Percentile95 = statistics.Lengths?.Percentile95,
        Longest = statistics.Lengths?.Longest,
        FieldsLeftOut = statistics.LeftOutFields,
        Notes = [.. sources ?? [], .. DatasetReport.Lines(statistics, blockSize)],
    };
}
