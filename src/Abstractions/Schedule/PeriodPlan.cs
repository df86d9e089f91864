namespace LisaOrleans;

/// <summary>What trains in one period of a run, and how.</summary>
/// <param name="Ends">Embedding and head. Their optimizer state lasts as long as the run.</param>
/// <param name="Layers">The decoder layers that train, ascending. Their optimizer state ends with the period.</param>
[GenerateSerializer, Immutable, Alias("lisa.PeriodPlan")]
public sealed record PeriodPlan([property: Id(0)] PartTraining Ends, [property: Id(1)] IReadOnlyList<int> Layers)
{
    /// <value>How those layers train. Default: all their parameters.</value>
    [Id(2)] public PartTraining LayerTraining { get; init; } = PartTraining.Whole;

    /// <summary>How a part trains; see <see cref="PartName"/>.</summary>
    public PartTraining Of(string part) => PartName.LayerIndex(part) is not { } layer
        ? Ends
        : Layers.Contains(layer) ? LayerTraining : PartTraining.Frozen;
}
