namespace LisaOrleans.Data;

/// <summary>What a data set became.</summary>
public sealed record DatasetStatistics
{
    /// <value>Records read.</value>
    public int Records { get; init; }

    /// <value>
    /// Samples that are trained on: records, less those left out, plus the further blocks that long texts were split into; of pairs of
    /// answers two for each record.
    /// </value>
    public int Samples { get; init; }

    /// <value>Samples cut to the block size.</value>
    public int Truncated { get; init; }

    /// <value>Tokens that were cut off, over all samples.</value>
    public long CutTokens { get; init; }

    /// <value>Texts longer than a block that became several samples.</value>
    public int Split { get; init; }

    /// <value>Records left out because nothing to learn is within the block size.</value>
    public int Skipped { get; init; }

    /// <value>Pairs of answers among the records that were left out for their prompt; null for none.</value>
    public UnclearPrompts? UnclearPrompts { get; init; }

    /// <value>Tokens in all samples.</value>
    public long Tokens { get; init; }

    /// <value>Tokens that carry loss.</value>
    public long TrainedTokens { get; init; }

    /// <value>Those of them that count by a weight other than 1; null where there are none.</value>
    public WeightFigures? Weights { get; init; }

    /// <value>Turns that are learned, and that the model's own chat template ends without a token by which the model could end them.</value>
    public int OpenTurns { get; init; }

    /// <value>
    /// Turns that are learned, and that the model's own chat template writes without the reasoning that they had; each is before another
    /// that is learned.
    /// </value>
    public int LostReasoning { get; init; }

    /// <value>Records that nothing ends, since the tokenizer has no end token; of pairs of answers each counts.</value>
    public int Unended { get; init; }

    /// <value>Lengths of the records in tokens, before anything was cut; null where they are not known.</value>
    public SampleLengths? Lengths { get; init; }

    /// <value>Sources that are written in two forms; empty where each is written in one.</value>
    public IReadOnlyList<MixedForms> Mixed { get; init; } = [];

    /// <value>Fields of the records that were left out, by name: metadata, and what the user said to leave out.</value>
    public IReadOnlyList<string> LeftOutFields { get; init; } = [];
}
