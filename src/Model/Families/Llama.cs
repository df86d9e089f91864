namespace LisaOrleans.Model;

/// <summary>Llama 1, 2, 3 and what is made like it (Touvron et al., arXiv 2302.13971; Hugging Face: LlamaForCausalLM).</summary>
public sealed record Llama : DecoderConfig
{
    internal Llama(ConfigFields json)
        : base(json, maxPositions: 2048)
    {
        AttentionBias = json.Flag("attention_bias", false);
        MlpBias = json.Flag("mlp_bias", false);

        // Falcon 3 says it in this way, too.
        const string Gated = "activation";
        if (json.Text(Gated) is { } gated && (gated != "swiglu" || HiddenAct != Activation.Silu))
            throw json.Wrong(Gated, $"is '{gated}'; only swiglu is implemented, with hidden_act silu");
    }

    /// <value>Biases on queries, keys, values and the attention's output.</value>
    public bool AttentionBias { get; init; }

    /// <value>Biases in the feed-forward layer.</value>
    public bool MlpBias { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope) =>
        PreNormLayer(index, scope, Heads with { QkvBias = AttentionBias, OutputBias = AttentionBias }, MlpBias);
}
