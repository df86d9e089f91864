using System.Text.Json.Serialization;

namespace LisaOrleans.Checkpoints;

/// <summary>A manifest that a run keeps.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Manifest">Its blob.</param>
/// <param name="NewBytes">Bytes of the blobs that it names and the kept manifest before it does not, with its own.</param>
/// <param name="Time">When it was committed.</param>
public sealed record KeptManifest(long Step, BlobRef Manifest, long NewBytes, DateTimeOffset Time)
{
    /// <value>Mean loss of its step; null for step 0.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Loss { get; init; }

    /// <value>Mean loss on the evaluation data after its step; null where that was not scored.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? EvalLoss { get; init; }

    /// <value>Whether it is the best of those that are kept, by the metric of the run. Default false.</value>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsBest { get; init; }
}
