namespace LisaOrleans;

/// <summary>What travels from part to part in the forward direction.</summary>
[GenerateSerializer, Immutable, Alias("lisa.MicroBatchCall")]
public sealed record MicroBatchCall
{
    /// <summary>Fences out callers from before the last recovery.</summary>
    [Id(0)] public required long Generation { get; init; }

    /// <summary>The optimizer step, from 1.</summary>
    [Id(1)] public required long Step { get; init; }

    /// <summary>The micro-batch's number within the step, from 0. It decides the lane that its gradients are summed in.</summary>
    [Id(2)] public required int Index { get; init; }

    /// <summary>Its place among the step's micro-batches that go through the part, from 0. Gradients accumulate in this order.</summary>
    [Id(9)] public required int Ordinal { get; init; }

    /// <summary>False for evaluation: no gradients, no state.</summary>
    [Id(3)] public required bool Train { get; init; }

    /// <summary>What the summed loss is multiplied with: 1 / (labels, their weights, or pairs, of the whole step).</summary>
    [Id(4)] public required double LossScale { get; init; }

    /// <summary>The tokens.</summary>
    [Id(5)] public required MicroBatch Data { get; init; }

    /// <summary>The output of the part before, [B, T, D]; null for the embedding.</summary>
    [Id(6)] public TensorTicket? Activation { get; init; }

    /// <summary>Whether some part before the called one trains, so that the gradient of its input is wanted.</summary>
    [Id(7)] public bool InputGradient { get; init; }

    /// <summary>The number under which the caller's silo works on this, where the called part is on the same silo.</summary>
    [Id(8)] public long? Turn { get; init; }
}
