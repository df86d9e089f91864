namespace LisaOrleans.Model;

/// <summary>
/// OLMo 2 (arXiv 2501.00656; Hugging Face: Olmo2ForCausalLM): Llama with norms after each block instead of before it, and
/// norms over all queries and all keys.
/// </summary>
public record Olmo2 : DecoderConfig
{
    internal Olmo2(ConfigFields json)
        : this(json, theta: 10000)
    {
    }

    private protected Olmo2(ConfigFields json, double theta)
        : base(json, maxPositions: 2048, theta: theta, eps: 1e-5, padTokenId: 1) =>
        AttentionBias = json.Flag("attention_bias", false);

    /// <value>Biases on queries, keys, values and the attention's output.</value>
    public bool AttentionBias { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope)
    {
        var layer = scope.Under("model.layers", index);
        return new DecoderLayer(HiddenSize)
        {
            Attention = new GroupedQueryAttention(layer.Under("self_attn"), HeadsOf(index)),
            NormAfterAttention = Norm(layer, "post_attention_layernorm", HiddenSize),
            FeedForward = FeedForward(layer),
            NormAfterFeedForward = Norm(layer, "post_feedforward_layernorm", HiddenSize),
        };
    }

    private protected virtual AttentionOptions HeadsOf(int index) =>
        Heads with { QkvBias = AttentionBias, OutputBias = AttentionBias, WholeNorm = Norm };
}
