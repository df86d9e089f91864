namespace LisaOrleans;

/// <summary>A manifest in a run's history.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Manifest">Its blob.</param>
/// <param name="NewBytes">Bytes of what it names and no manifest before it in the history does, with its own.</param>
/// <param name="Bytes">Bytes of all that it names, with its own.</param>
[GenerateSerializer, Immutable, Alias("lisa.KeptState")]
public sealed record KeptState(
    [property: Id(0)] long Step, [property: Id(1)] BlobRef Manifest, [property: Id(2)] long NewBytes, [property: Id(3)] long Bytes)
{
    /// <summary>Bytes that it shares with manifests before it.</summary>
    public long SharedBytes => Bytes - NewBytes;

    /// <value>Mean loss of its step; null for step 0.</value>
    [Id(4)] public double? Loss { get; init; }

    /// <value>Mean loss on the evaluation data after its step; null where that was not scored.</value>
    [Id(5)] public double? EvalLoss { get; init; }

    /// <value>When it was committed; null where the run does not say.</value>
    [Id(6)] public DateTimeOffset? Time { get; init; }

    /// <value>Whether it is the best of the history.</value>
    [Id(7)] public bool IsBest { get; init; }

    /// <value>Whether it is the last.</value>
    [Id(8)] public bool IsLast { get; init; }
}
