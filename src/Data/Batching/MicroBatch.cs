namespace LisaOrleans.Data;

/// <summary>Some rows of tokens, [B, T] row-major, padded on the right.</summary>
public sealed class MicroBatch
{
    /// <summary>The label of positions without loss.</summary>
    public const int IgnoreIndex = -100;

    /// <summary>Rows, B.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Tokens in a row, T.</summary>
    public required int SequenceLength { get; init; }

    /// <summary>Token ids.</summary>
    public required int[] InputIds { get; init; }

    /// <summary>The token that each position is to predict: its right neighbour, or -100.</summary>
    public required int[] Labels { get; init; }

    /// <summary>Rotary positions of packed rows; null where every row counts from 0.</summary>
    public int[]? PositionIds { get; init; }

    /// <summary>Which sample of its row a position belongs to, -1 for pads; null where a row is one sample.</summary>
    public int[]? SegmentIds { get; init; }

    /// <summary>The samples in it.</summary>
    public required int[] SampleIds { get; init; }

    /// <summary>Labels that are not -100.</summary>
    public required int LabelCount { get; init; }

    /// <summary>Tokens that are no pads.</summary>
    public required int TokenCount { get; init; }
}
