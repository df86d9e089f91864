using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>The parts of a model, called one after the other as the grains do.</summary>
internal sealed class PartChain : IDisposable
{
    public PartChain(
        ModelConfig config, PartDtypes dtypes, IPartOptimizer optimizer, Dictionary<string, Tensor> weights, bool recompute = false,
        LoraOptions? lora = null, int lanes = 1, WeightScratch? scratch = null, bool noPaddingGradient = false)
    {
        Embedding = new EmbeddingPart(config, dtypes, optimizer, weights)
        {
            GradientLanes = lanes,
            NoPaddingGradient = noPaddingGradient,
        };
        Layers = [.. Enumerable.Range(0, config.NumHiddenLayers)
            .Select(i => new LayerPart(config, i, dtypes, optimizer, recompute, weights, lora, scratch: scratch) { GradientLanes = lanes })];
        Head = new HeadPart(config, dtypes, optimizer, weights, () => Embedding) { GradientLanes = lanes };
    }

    public EmbeddingPart Embedding { get; }

    public LayerPart[] Layers { get; }

    public HeadPart Head { get; }

    public IEnumerable<ModelPart> Parts => [Embedding, .. Layers, Head];

    /// <summary>Forward and backward of one micro-batch; returns the summed loss.</summary>
    public double Train(
        int index, int[] ids, int[] labels, int rows, double scale, MicroBatchPositions? positions = null, long step = 0, float[]? weights = null) =>
        Walk(index, ids, rows, positions, step, (x, wanted) => Head.Run(index, x, labels, weights, scale, train: true, inputGradient: wanted));

    /// <summary>The same for a loss over pairs of rows.</summary>
    public double TrainPairs(int[] ids, int[] labels, int rows, double scale, IPairLoss loss, double[]? reference) => Walk(
        0, ids, rows, null, 0, (x, wanted) => Head.RunPairs(0, x, labels, loss, reference, scale, train: true, inputGradient: wanted));

    public void Dispose()
    {
        foreach (var part in Parts) part.Dispose();
    }

    private double Walk(int index, int[] ids, int rows, MicroBatchPositions? positions, long step, Func<Tensor, bool, HeadResult> head)
    {
        using var ids_BT = tensor(Array.ConvertAll(ids, i => (long)i), rows, ids.Length / rows);
        var wanted = Embedding.Trainable;
        var x = Embedding.Forward(index, ids_BT, positions, train: true);
        foreach (var layer in Layers)
        {
            x = layer.Forward(index, x, positions, train: true, inputGradient: wanted, step);
            wanted |= layer.Trainable;
        }

        var result = head(x, wanted);
        var gradient = result.Gradient;
        foreach (var layer in Layers.Reverse())
        {
            if (gradient is null) break;
            using var outer = gradient;
            gradient = layer.Backward(index, outer, positions);
        }

        using var last = gradient;
        if (last is not null) Embedding.Backward(index, last);
        return result.LossSum;
    }
}
