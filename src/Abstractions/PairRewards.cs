using System.Text.Json.Serialization;

namespace LisaOrleans;

/// <summary>How a model favours chosen over rejected answers, as means over pairs, by the names of TRL's <c>rewards/…</c>.</summary>
/// <param name="Chosen">Reward of the chosen answers.</param>
/// <param name="Rejected">Reward of the rejected ones.</param>
/// <param name="Accuracies">Share of the pairs whose chosen answer has the higher reward.</param>
[GenerateSerializer, Immutable, Alias("lisa.PairRewards")]
public sealed record PairRewards([property: Id(0)] double Chosen, [property: Id(1)] double Rejected, [property: Id(2)] double Accuracies)
{
    /// <summary>By how much the chosen answer's reward is higher.</summary>
    [JsonIgnore]
    public double Margins => Chosen - Rejected;

    /// <summary>All four by TRL's names.</summary>
    [JsonIgnore]
    public IReadOnlyList<(string Name, double Value)> Named =>
        [("rewards/chosen", Chosen), ("rewards/rejected", Rejected), ("rewards/accuracies", Accuracies), ("rewards/margins", Margins)];
}
