namespace LisaOrleans;

/// <summary>What travels back from part to part.</summary>
[GenerateSerializer, Immutable, Alias("lisa.MicroBatchResult")]
public sealed record MicroBatchResult
{
    /// <summary>Sum of the loss over the micro-batch's labels, each times its weight, or its pairs, in nats, unscaled.</summary>
    [Id(0)] public required double LossSum { get; init; }

    /// <summary>How many labels, or pairs, that sum is over.</summary>
    [Id(1)] public required int LabelCount { get; init; }

    /// <summary>Gradient of the loss with respect to the part's input, [B, T, D]; null in evaluation and where nothing before it trains.</summary>
    [Id(2)] public TensorTicket? Gradient { get; init; }

    /// <summary>The number under which the called part's silo works on the way back, where the caller is on the same silo.</summary>
    [Id(3)] public long? Turn { get; init; }

    /// <summary>Of pairs: the summed log probability of each row's labels, [B]; else null.</summary>
    [Id(4)] public double[]? LogProbs { get; init; }

    /// <summary>
    /// Seconds for which the decoder layers from the called part on kept their devices busy with it, by stage in the order of the walk; 0
    /// where that was not measured, null in evaluation.
    /// </summary>
    [Id(5)] public double[]? LayerSeconds { get; init; }
}
