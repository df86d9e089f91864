namespace LisaOrleans;

/// <summary>A run as the queue sees it.</summary>
/// <param name="Run">The run's name.</param>
/// <param name="Priority">Its priority; higher goes first.</param>
/// <param name="Since">Since when it waits or trains, UTC.</param>
/// <param name="Share">What the queue gives it.</param>
[GenerateSerializer, Immutable, Alias("lisa.QueueEntry")]
public sealed record QueueEntry(
    [property: Id(0)] string Run, [property: Id(1)] int Priority, [property: Id(2)] DateTimeOffset Since, [property: Id(3)] RunShare Share);
