using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Arithmetic and memory of parts, in multiples that only need to be right relative to each other.</summary>
/// <param name="EmbeddingCost">Multiply-adds per token, forward and backward.</param>
/// <param name="LayerCosts">The same of each decoder layer, on average over the run.</param>
/// <param name="HeadCost">The same of the head.</param>
/// <param name="EmbeddingBytes">Weights, gradients and optimizer state.</param>
/// <param name="LayerBytes">The same of each decoder layer as if it trained, because any may.</param>
/// <param name="HeadBytes">The same of the head; a tied one's matrix is the embedding's.</param>
public sealed record PartWork(
    double EmbeddingCost, IReadOnlyList<double> LayerCosts, double HeadCost,
    double EmbeddingBytes, IReadOnlyList<double> LayerBytes, double HeadBytes)
{
    public static PartWork Of(ModelConfig config, TrainingSpec spec)
    {
        var dtypes = PartDtypes.Parse(spec.Dtype, spec.OptimizerStateDtype);
        var met = Enumerable.Range(0, config.NumHiddenLayers).Select(i => (double)config.WeightsPerToken(i));
        var matrix = new ParameterSpec("head", [config.VocabSize, config.HiddenSize], Decay: true);
        var optimizer = Optimizers.Of(spec);
        double layers = config.NumHiddenLayers;
        var method = Methods.Of(spec);
        double active = method.MostLayers(spec, config.NumHiddenLayers);

        // Forward and input gradient, and for what trains the weights' gradient. All times the number of layers, so that
        // the sums are whole numbers and plans that are equally good stay so.
        var ends = method.Ends(spec) == PartTraining.Frozen ? 0 : 1;
        return new PartWork(
            ends * config.HiddenSize * layers,
            [.. met.Select(count => count * ((2 * layers) + active))],
            (double)matrix.Count * (2 + ends) * layers,
            Bytes(config.EmbeddingSpecs(), ends),
            [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => Bytes(config.LayerSpecs(i), 1))],
            config.TieWordEmbeddings ? config.HiddenSize : Bytes([matrix], ends));

        double Bytes(IReadOnlyList<ParameterSpec> specs, int trains)
        {
            double weights = specs.Sum(s => s.Count) * dtypes.Compute.ElementSize();
            return weights + (trains * (weights + specs.Sum(s => OptimizerState.BytesOf(s, dtypes, optimizer))));
        }
    }

    public double TotalBytes => EmbeddingBytes + LayerBytes.Sum() + HeadBytes;
}
