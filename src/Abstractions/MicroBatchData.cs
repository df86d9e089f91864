namespace LisaOrleans;

/// <summary>The tokens of one micro-batch, row-major [B, T]. Padded on the right; pads carry no label.</summary>
[GenerateSerializer, Immutable, Alias("lisa.MicroBatchData")]
public sealed record MicroBatchData
{
    /// <summary>Rows, B.</summary>
    [Id(0)] public required int BatchSize { get; init; }

    /// <summary>Tokens in a row, T.</summary>
    [Id(1)] public required int SequenceLength { get; init; }

    /// <summary>Token ids, [B, T].</summary>
    [Id(2)] public required int[] InputIds { get; init; }

    /// <summary>The token that each position is to predict, [B, T]; -100 where there is no loss.</summary>
    [Id(3)] public required int[] Labels { get; init; }

    /// <summary>Positions for the rotary embedding, [B, T]; null where every row counts from 0.</summary>
    [Id(4)] public int[]? PositionIds { get; init; }

    /// <summary>Which packed sample each position belongs to, [B, T]; null where a row is one sample.</summary>
    [Id(5)] public int[]? SegmentIds { get; init; }
}
