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
        var counts = Enumerable.Range(0, config.NumHiddenLayers).Select(i => (double)config.LayerSpecs(i).Sum(s => s.Count)).ToArray();
        var met = Enumerable.Range(0, config.NumHiddenLayers).Select(i => (double)config.WeightsPerToken(i));
        var embedding = (double)config.EmbeddingSpecs().Sum(s => s.Count);
        var matrix = (double)config.VocabSize * config.HiddenSize;
        double layers = config.NumHiddenLayers;
        var method = Methods.Of(spec);
        double active = method.MostLayers(spec, config.NumHiddenLayers);

        // Forward and input gradient, and for what trains the weights' gradient. All times the number of layers, so that
        // the sums are whole numbers and plans that are equally good stay so.
        var ends = method.Ends(spec) == PartTraining.Frozen ? 0 : 1;
        return new PartWork(
            ends * config.HiddenSize * layers,
            [.. met.Select(count => count * ((2 * layers) + active))],
            matrix * (2 + ends) * layers,
            Bytes(embedding, ends),
            [.. counts.Select(count => Bytes(count, 1))],
            config.TieWordEmbeddings ? config.HiddenSize : Bytes(matrix, ends));

        double Bytes(double count, int trains)
        {
            var compute = dtypes.Compute.ElementSize();
            return count * (compute + (trains * (compute + (dtypes.SeparateMaster ? 4 : 0) + (2 * dtypes.OptimizerState.ElementSize()))));
        }
    }

    public double TotalBytes => EmbeddingBytes + LayerBytes.Sum() + HeadBytes;
}
