using static TorchSharp.torch;

namespace LisaOrleans.Model;

/// <summary>A whole model for evaluation and generation, made of the same parts as the ones that train.</summary>
public sealed class CausalLanguageModel : IDisposable
{
    private readonly EmbeddingPart _embedding;
    private readonly LayerPart[] _layers;
    private readonly HeadPart _head;
    private readonly Device _device;

    /// <summary>Takes ownership of the weights, by Hugging Face's names; those of adapters are float32.</summary>
    public CausalLanguageModel(ModelConfig config, PartDtypes dtypes, IReadOnlyDictionary<string, Tensor> weights, LoraOptions? lora = null)
    {
        // Nothing trains here.
        var optimizer = new AdamW(0.9, 0.999, 1e-8, 0);
        var scratch = new WeightScratch();
        // Before parts take the weights, which they may hold in another format.
        _device = weights[config.EmbeddingSpecs()[0].Name].device;
        Config = config;
        Dtypes = dtypes;
        _embedding = new EmbeddingPart(config, dtypes, optimizer, weights);
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers)
            .Select(i => new LayerPart(config, i, dtypes, optimizer, gradientCheckpointing: false, weights, lora, form: null, scratch))];
        _head = new HeadPart(config, dtypes, optimizer, weights, () => _embedding);
    }

    /// <summary>The model's shape.</summary>
    public ModelConfig Config { get; }

    /// <summary>Its number formats.</summary>
    public PartDtypes Dtypes { get; }

    /// <summary>Summed cross-entropy in nats over the labels of a micro-batch, each times its weight; all arrays [B, T] row-major.</summary>
    /// <param name="batch">B.</param>
    /// <param name="length">T.</param>
    /// <param name="inputIds">Token ids.</param>
    /// <param name="labels">What each position is to predict; -100 for none.</param>
    /// <param name="positions">Rotary positions of packed rows, else null.</param>
    /// <param name="segments">Samples of packed rows, else null.</param>
    /// <param name="weights">What each label's loss is multiplied by; null (default) for 1.</param>
    public (double LossSum, int LabelCount) Score(
        int batch, int length, int[] inputIds, int[] labels, int[]? positions, int[]? segments, float[]? weights = null)
    {
        using var mode = no_grad();
        var result = _head.Run(0, Hidden(batch, length, inputIds, positions, segments), labels, weights, 1, train: false, inputGradient: false);
        return (result.LossSum, result.LabelCount);
    }

    /// <summary>
    /// Summed log probability in nats of the labels of each row, [B]: how likely the model finds the answers of pairs. Arrays as those of
    /// <see cref="Score"/>, B even.
    /// </summary>
    public double[] LogProbs(int batch, int length, int[] inputIds, int[] labels)
    {
        using var mode = no_grad();
        var hidden_BTD = Hidden(batch, length, inputIds, null, null);
        return _head.RunPairs(0, hidden_BTD, labels, loss: null, reference: null, 1, train: false, inputGradient: false).LogProbs!;
    }

    /// <summary>Logits [T, V] in float32 after each token of one sequence; the caller owns them.</summary>
    public Tensor Logits(IReadOnlyList<int> inputIds)
    {
        using var session = StartDecoding(inputIds.Count);
        return session.Append(inputIds, allPositions: true);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _head.Dispose();
        foreach (var layer in _layers) layer.Dispose();
        _embedding.Dispose();
    }

    /// <summary>A sequence that grows token by token, with cached keys and values.</summary>
    internal DecodingSession StartDecoding(int capacity) => new(this, capacity);

    internal Tensor Decode(IReadOnlyList<int> ids, KeyValueCache[] caches, bool allPositions)
    {
        _embedding.Check(ids);
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        using var embedded_BTD = _embedding.Decode(Ids(1, ids.Count, ids), caches[0]);
        var x_BTD = embedded_BTD;
        for (var i = 0; i < _layers.Length; i++) x_BTD = _layers[i].Decode(x_BTD, caches[i]);
        var hidden_ND = x_BTD.squeeze(0);
        if (!allPositions) hidden_ND = hidden_ND.narrow(0, ids.Count - 1, 1);
        return _head.Logits(hidden_ND).DetachFromDisposeScope();
    }

    internal KeyValueCache NewCache(int layer, int capacity) => _layers[layer].NewCache(capacity, _device);

    private Tensor Hidden(int batch, int length, int[] inputIds, int[]? positions, int[]? segments)
    {
        _embedding.Check(inputIds);
        using var ids_BT = Ids(batch, length, inputIds);
        using var packed = MicroBatchPositions.Create(positions, segments, batch, ids_BT.device);
        var x_BTD = _embedding.Forward(0, ids_BT, packed, train: false);
        foreach (var layer in _layers) x_BTD = layer.Forward(0, x_BTD, packed, train: false, inputGradient: false);
        return x_BTD;
    }

    private Tensor Ids(long batch, long length, IReadOnlyList<int> ids) =>
        tensor(ids.Select(i => (long)i).ToArray(), batch, length, device: _device);
}
