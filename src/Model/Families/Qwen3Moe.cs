namespace LisaOrleans.Model;

/// <summary>
/// Qwen 3 with experts (arXiv 2505.09388; Hugging Face: Qwen3MoeForCausalLM): Qwen 3 in which all layers, or one in every so
/// many, except those listed, have a mixture of experts.
/// </summary>
public sealed record Qwen3Moe : MoeConfig
{
    private readonly HashSet<int> _dense;
    private readonly int _sparseStep;

    internal Qwen3Moe(ConfigFields json)
        : base(json, maxPositions: 32768, theta: 10000, experts: 128, chosen: 8, keyValueHeads: 4)
    {
        AttentionBias = json.Flag("attention_bias", false);
        MoeIntermediateSize = json.Count("moe_intermediate_size", 768);
        NormTopkProb = json.Flag("norm_topk_prob", false);
        _sparseStep = json.Count("decoder_sparse_step", 1);
        _dense = [.. json.WholeNumbers("mlp_only_layers")];
        if (!json.Flag("use_qk_norm", true)) throw json.Wrong("use_qk_norm", "is false; queries and keys have norms in this family");

        var slides = json.Flag("use_sliding_window", false);
        var window = json.CountOrNull("sliding_window", 4096);
        Window = slides ? window : null;
        var firstToSlide = json.WholeFrom0("max_window_layers", 0);
        if (slides && firstToSlide > 0)
        {
            throw json.Wrong(
                "max_window_layers", $"is {firstToSlide}; with use_sliding_window all layers have the window here, so it must be 0 or left out");
        }
    }

    /// <value>Biases on queries, keys, values and the attention's output.</value>
    public bool AttentionBias { get; init; }

    /// <value>Width of an expert.</value>
    public int MoeIntermediateSize { get; init; }

    /// <value>Whether a token's shares of its experts add up to 1.</value>
    public bool NormTopkProb { get; init; }

    /// <value>The window of all layers; null for none.</value>
    public int? Window { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope)
    {
        var attention = Heads with { QkvBias = AttentionBias, OutputBias = AttentionBias, HeadNorm = Norm, Window = Window };
        return _dense.Contains(index) || (index + 1) % _sparseStep != 0
            ? PreNormLayer(index, scope, attention)
            : PreNormLayer(index, scope, attention, layer => Experts(layer.Under("mlp"), MoeIntermediateSize, NormTopkProb));
    }
}
