using LisaOrleans.Model;

namespace LisaOrleans.Training;

/// <summary>Arithmetic and memory of parts, in multiples that only need to be right relative to each other.</summary>
/// <param name="EmbeddingCost">Multiply-adds per token, forward and backward.</param>
/// <param name="LayerCost">The same of a decoder layer, on average over the run.</param>
/// <param name="HeadCost">The same of the head.</param>
/// <param name="EmbeddingBytes">Weights, gradients and optimizer state.</param>
/// <param name="LayerBytes">The same of a decoder layer that trains, because any may.</param>
/// <param name="HeadBytes">The same of the head; a tied one's matrix is the embedding's.</param>
public sealed record PartWork(
    double EmbeddingCost, double LayerCost, double HeadCost, double EmbeddingBytes, double LayerBytes, double HeadBytes)
{
    public static PartWork Of(ModelConfig config, TrainingSpec spec)
    {
        var dtypes = PartDtypes.Parse(spec.Dtype, spec.OptimizerStateDtype);
        var layer = (double)PartSchema.Layer(config, 0).Sum(s => s.Count);
        var matrix = (double)config.VocabSize * config.HiddenSize;
        var active = spec.Method == TrainingMethods.Full ? 1 : Math.Min(1, (double)spec.LisaActivatedLayers / config.NumHiddenLayers);

        // Forward and input gradient, and for what trains the weights' gradient.
        var ends = spec.TrainEmbeddings ? 1 : 0;
        return new PartWork(
            ends * config.HiddenSize,
            layer * (2 + active),
            matrix * (2 + ends),
            Bytes(matrix, ends),
            Bytes(layer, 1),
            config.TieWordEmbeddings ? config.HiddenSize : Bytes(matrix, ends));

        double Bytes(double count, int trains)
        {
            var compute = Size(dtypes.Compute);
            return count * (compute + (trains * (compute + (dtypes.SeparateMaster ? 4 : 0) + (2 * Size(dtypes.OptimizerState)))));
        }
    }

    public double TotalBytes(int layers) => EmbeddingBytes + (layers * LayerBytes) + HeadBytes;

    private static int Size(TorchSharp.torch.ScalarType dtype) => dtype == TorchSharp.torch.ScalarType.Float32 ? 4 : 2;
}
