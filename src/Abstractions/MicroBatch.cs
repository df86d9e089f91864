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
}
