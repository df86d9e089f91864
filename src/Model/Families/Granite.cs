namespace LisaOrleans.Model;

/// <summary>
/// Granite 3 (Hugging Face: GraniteForCausalLM): Llama with a multiplier each on embeddings, attention scores, residual
/// additions and logits.
/// </summary>
public sealed record Granite : DecoderConfig
{
    internal Granite(ConfigFields json)
        : base(json, maxPositions: 2048)
    {
        AttentionBias = json.Flag("attention_bias", false);
        MlpBias = json.Flag("mlp_bias", false);
        EmbeddingMultiplier = json.Number("embedding_multiplier", 1, above: 0);
        AttentionMultiplier = json.Number("attention_multiplier", 1, above: 0);
        ResidualMultiplier = json.Number("residual_multiplier", 1, above: 0);
        LogitsScaling = json.Number("logits_scaling", 1, above: 0);
    }

    /// <value>Biases on queries, keys, values and the attention's output.</value>
    public bool AttentionBias { get; init; }

    /// <value>Biases in the feed-forward layer.</value>
    public bool MlpBias { get; init; }

    /// <value>What embeddings are multiplied by.</value>
    public double EmbeddingMultiplier { get; init; }

    /// <value>What scores are multiplied by, instead of 1 / √K.</value>
    public double AttentionMultiplier { get; init; }

    /// <value>What a block's output is multiplied by before it is added to the residual stream.</value>
    public double ResidualMultiplier { get; init; }

    /// <value>What logits are divided by.</value>
    public double LogitsScaling { get; init; }

    internal override TokenEmbedding Embedding(WeightScope scope) =>
        new(scope, "model.embed_tokens", VocabSize, HiddenSize) { Scale = EmbeddingMultiplier };

    internal override DecoderLayer Layer(int index, WeightScope scope)
    {
        var attention = Heads with { QkvBias = AttentionBias, OutputBias = AttentionBias, Scale = AttentionMultiplier };
        return PreNormLayer(index, scope, attention, MlpBias, residualMultiplier: ResidualMultiplier);
    }

    internal override OutputHead Head(WeightScope scope) =>
        new(Norm(scope, "model.norm", HiddenSize), HeadMatrix(scope)) { Scale = 1 / LogitsScaling };
}
