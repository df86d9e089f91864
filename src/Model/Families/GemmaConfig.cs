namespace LisaOrleans.Model;

/// <summary>
/// What the Gemma families share: norms that multiply by 1 + weight, embeddings times √D, GeGLU, a scale of scores that
/// is a field of its own, and tied embeddings unless config.json says otherwise.
/// </summary>
public abstract record GemmaConfig : DecoderConfig
{
    private protected GemmaConfig(ConfigFields json, int maxPositions, int keyValueHeads, double theta = 10000)
        : base(json, maxPositions, tied: true, headDim: 256, theta, keyValueHeads: keyValueHeads, padTokenId: 0)
    {
        HiddenAct = json.Activation("hidden_activation", Activation.GeluTanh);
        AttentionBias = json.Flag("attention_bias", false);
    }

    /// <value>Biases on queries, keys, values and the attention's output.</value>
    public bool AttentionBias { get; init; }

    internal override TokenEmbedding Embedding(WeightScope scope) =>
        new(scope, "model.embed_tokens", VocabSize, HiddenSize) { Scale = Math.Sqrt(HiddenSize) };

    /// <summary>Gemma 2's layer: a norm before and one after attention, and the same around the feed-forward block.</summary>
    private protected DecoderLayer SandwichLayer(int index, WeightScope scope, AttentionOptions attention)
    {
        var layer = scope.Under("model.layers", index);
        return new DecoderLayer(HiddenSize)
        {
            NormBeforeAttention = Norm(layer, "input_layernorm", HiddenSize),
            Attention = new GroupedQueryAttention(
                layer.Under("self_attn"), attention with { QkvBias = AttentionBias, OutputBias = AttentionBias }),
            NormAfterAttention = Norm(layer, "post_attention_layernorm", HiddenSize),
            NormBeforeFeedForward = Norm(layer, "pre_feedforward_layernorm", HiddenSize),
            FeedForward = new GatedFeedForward(layer.Under("mlp"), HiddenSize, IntermediateSize, HiddenAct),
            NormAfterFeedForward = Norm(layer, "post_feedforward_layernorm", HiddenSize),
        };
    }

    private protected override Norm Norm(WeightScope scope, string name, long width) =>
        new RmsNorm(scope, name, width, RmsNormEps, aroundOne: true);
}
