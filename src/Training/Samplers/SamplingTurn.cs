namespace LisaOrleans.Training;

/// <summary>All that the choice of a period's layers may depend on, so that it comes out the same whenever it is made again.</summary>
/// <param name="Spec">The run's settings.</param>
/// <param name="LayerCount">Decoder layers of the model.</param>
/// <param name="Period">The period, from 0.</param>
/// <param name="Layers">What the steps before the period say of each layer, layer by layer.</param>
/// <param name="Outliers">
/// The share of outliers among the weights that each layer began with, layer by layer; null where nobody has asked for it.
/// </param>
public sealed record SamplingTurn(
    TrainingSpec Spec, int LayerCount, long Period, IReadOnlyList<LayerStatistics> Layers, IReadOnlyList<double>? Outliers = null);
