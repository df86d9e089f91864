namespace LisaOrleans.Silo;

/// <summary>Steps of a run cannot be repeated, because of what its manifest holds or where it is tried.</summary>
/// <param name="run">The run.</param>
/// <param name="reason">Why, in words.</param>
public sealed class RunReplayException(string run, string reason) : Exception($"run '{run}' cannot be repeated: {reason}")
{
    /// <summary>Why, in words.</summary>
    public string Reason { get; } = reason;
}
