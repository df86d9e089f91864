namespace LisaOrleans;

/// <summary>Some rows of tokens, [B, T] row-major, padded on the right: the unit that travels through a model.</summary>
[GenerateSerializer, Immutable, Alias("lisa.MicroBatch")]
public sealed record MicroBatch
{
    /// <summary>The label of positions without loss.</summary>
    public const int IgnoreIndex = -100;

    /// <summary>Rows, B.</summary>
    [Id(0)] public required int BatchSize { get; init; }

    /// <summary>Tokens in a row, T.</summary>
    [Id(1)] public required int SequenceLength { get; init; }

    /// <summary>Token ids, [B, T].</summary>
    [Id(2)] public required int[] InputIds { get; init; }

    /// <summary>The token that each position is to predict, [B, T]: its right neighbour, or <see cref="IgnoreIndex"/>.</summary>
    [Id(3)] public required int[] Labels { get; init; }

    /// <summary>Positions for the rotary embedding, [B, T]; null where every row counts from 0.</summary>
    [Id(4)] public int[]? PositionIds { get; init; }

    /// <summary>Which sample of its row a position belongs to, -1 for pads, [B, T]; null where a row is one sample.</summary>
    [Id(5)] public int[]? SegmentIds { get; init; }

    /// <summary>The samples in it, except those that are masked.</summary>
    [Id(6)] public required int[] SampleIds { get; init; }

    /// <summary>Labels that are not <see cref="IgnoreIndex"/>.</summary>
    [Id(7)] public required int LabelCount { get; init; }

    /// <summary>Tokens that are no pads.</summary>
    [Id(8)] public required int TokenCount { get; init; }

    /// <summary>Whether rows are pairs of answers: row 0 is chosen and row 1 rejected, and so on. Default false.</summary>
    [Id(9)] public bool IsPairs { get; init; }

    /// <summary>
    /// The summed log probability of each row's labels under the model that the run began with, [B]; null where nothing is compared
    /// with it.
    /// </summary>
    [Id(10)] public double[]? ReferenceLogProbs { get; init; }

    /// <summary>What the loss of each label is multiplied with, at least 0, [B, T]; null where every label counts once.</summary>
    [Id(11)] public float[]? LossWeights { get; init; }

    /// <summary>
    /// What its summed loss is divided by for a mean: its labels, or the sum of their weights, or the pairs with labels in both rows.
    /// </summary>
    public double LossWeight => IsPairs
        ? LabelsOfRows().Chunk(2).Count(pair => pair[0] > 0 && pair[1] > 0)
        : LossWeights is null ? LabelCount : Labels.Zip(LossWeights).Where(l => l.First != IgnoreIndex).Sum(l => (double)l.Second);

    /// <summary>What the summed loss of micro-batches is divided by for their mean: the sum of their weights, or 1 where that is 0.</summary>
    public static double WeightOf(IEnumerable<MicroBatch> batches) => batches.Sum(b => b.LossWeight) is > 0 and var sum ? sum : 1;

    /// <summary>Labels in each row, [B].</summary>
    public IEnumerable<int> LabelsOfRows() => Labels.Chunk(SequenceLength).Select(row => row.Count(l => l != IgnoreIndex));
}
