namespace LisaOrleans.Model;

/// <summary>
/// GLM-4-0414 (arXiv 2406.12793; Hugging Face: Glm4ForCausalLM): Llama with norms before and after each block, gate and up
/// from one matrix, and rotary embeddings that turn neighbouring numbers in the first half of a head.
/// </summary>
public sealed record Glm4 : DecoderConfig
{
    internal Glm4(ConfigFields json)
        : base(
            json, maxPositions: 131_072, headDim: 128, partialRotary: 0.5, interleaved: true, eps: 1.5625e-7, keyValueHeads: 2,
            padTokenId: 151_329) =>
        QkvBias = json.Flag("attention_bias", true);

    /// <value>Biases on queries, keys and values.</value>
    public bool QkvBias { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope)
    {
        var layer = scope.Under("model.layers", index);
        return new DecoderLayer(HiddenSize)
        {
            NormBeforeAttention = Norm(layer, "input_layernorm", HiddenSize),
            Attention = new GroupedQueryAttention(layer.Under("self_attn"), Heads with { QkvBias = QkvBias }),
            NormAfterAttention = Norm(layer, "post_self_attn_layernorm", HiddenSize),
            NormBeforeFeedForward = Norm(layer, "post_attention_layernorm", HiddenSize),
            FeedForward = FeedForward(layer, fused: true),
            NormAfterFeedForward = Norm(layer, "post_mlp_layernorm", HiddenSize),
        };
    }
}
