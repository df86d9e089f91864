namespace LisaOrleans;

/// <summary>
/// A watcher's place in the events of a run: what it has seen. Whoever comes back with it, to any silo, gets every
/// later event exactly once; steps that a recovery repeats are the same steps and are not sent again.
/// </summary>
/// <param name="Step">The last step that was seen; 0 for none.</param>
/// <param name="Entry">The last of the other events that was seen, counted from 1; 0 for none.</param>
[GenerateSerializer, Immutable, Alias("lisa.EventPosition")]
public sealed record EventPosition([property: Id(0)] long Step, [property: Id(1)] long Entry)
{
    /// <summary>Before the first event.</summary>
    public static EventPosition Start { get; } = new(0, 0);
}
