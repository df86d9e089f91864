using System.Text.Json.Serialization;

namespace LisaOrleans;

/// <summary>What is known about one committed step. The run's history in the store is made of these.</summary>
[GenerateSerializer, Immutable, Alias("lisa.StepRecord")]
public sealed record StepRecord
{
    /// <summary>The step, from 1.</summary>
    [Id(0)] public required long Step { get; init; }

    /// <summary>Mean loss over the step's labels, or its pairs, in nats.</summary>
    [Id(1)] public required double Loss { get; init; }

    /// <summary>The learning rate it was applied with.</summary>
    [Id(2)] public required double LearningRate { get; init; }

    /// <summary>Global L2 norm of the gradients before clipping.</summary>
    [Id(3)] public required double GradNorm { get; init; }

    /// <summary>Passes over the data set so far, as a fraction.</summary>
    [Id(4)] public required double Epoch { get; init; }

    /// <summary>The decoder layers that trained.</summary>
    [Id(5)] public required IReadOnlyList<int> ActiveLayers { get; init; }

    /// <summary>Tokens in the step's micro-batches, pads not counted.</summary>
    [Id(6)] public required long Tokens { get; init; }

    /// <summary>The samples that it used.</summary>
    [Id(7)] public required IReadOnlyList<int> Samples { get; init; }

    /// <summary>Seconds that the step took.</summary>
    [Id(8)] public required double Seconds { get; init; }

    /// <summary>Mean loss on the evaluation data after this step, where it was evaluated.</summary>
    [Id(9)] public double? EvalLoss { get; init; }

    /// <summary>When it was committed, UTC.</summary>
    [Id(10)] public DateTimeOffset Time { get; init; }

    /// <summary>
    /// L2 norm of each active layer's gradients before clipping, in the order of <see cref="ActiveLayers"/>; empty in records of
    /// earlier versions.
    /// </summary>
    [Id(11)] public IReadOnlyList<double> LayerGradNorms { get; init; } = [];

    /// <summary>Of a run that learns from pairs of answers: how it favours them; else null.</summary>
    [Id(12), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PairRewards? Rewards { get; init; }

    /// <summary>The same on the evaluation data, where it was evaluated.</summary>
    [Id(13), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PairRewards? EvalRewards { get; init; }
}
