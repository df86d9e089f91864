namespace LisaOrleans.Silo;

/// <summary>Where an evaluation of a run got worse, and what made it so.</summary>
public sealed record BisectedRun
{
    /// <summary>Whether it got worse at all; where it did not, the steps are the first and the last one that were compared.</summary>
    public required bool GotWorse { get; init; }

    /// <summary>The step before the rise.</summary>
    public required long FromStep { get; init; }

    /// <summary>The step with which the rise is clear.</summary>
    public required long ToStep { get; init; }

    /// <summary>Loss after <see cref="FromStep"/>, in nats.</summary>
    public required double Before { get; init; }

    /// <summary>Loss after <see cref="ToStep"/>.</summary>
    public required double After { get; init; }

    /// <summary>The step at which it got worse: the first with a sample to blame, else that with the greatest rise. Null if it did not.</summary>
    public long? Step { get; init; }

    /// <summary>Uses of the samples to blame, by step; empty where it gets worse without any sample of these steps, too.</summary>
    public IReadOnlyList<BlamedSample> Blamed { get; init; } = [];

    /// <summary>Loss after <see cref="ToStep"/> without them, or, where none is to blame, without any sample. Null if it did not get worse.</summary>
    public double? Without { get; init; }

    /// <summary>How many times steps were repeated.</summary>
    public required int Replays { get; init; }
}
