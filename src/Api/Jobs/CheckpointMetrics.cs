namespace LisaOrleans.Api;

/// <summary>Numbers of a checkpoint's step.</summary>
public sealed record CheckpointMetrics
{
    /// <value>The step.</value>
    public required long Step { get; init; }

    /// <value>Mean loss, in nats per label.</value>
    public double? TrainLoss { get; init; }

    /// <value>The same on the validation file, if it was scored after this step.</value>
    public double? ValidLoss { get; init; }
}
