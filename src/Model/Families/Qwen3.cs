namespace LisaOrleans.Model;

/// <summary>
/// Qwen 3, dense (arXiv 2505.09388; Hugging Face: Qwen3ForCausalLM): Llama with a norm over each head's queries and keys; the
/// upper layers may see a window only.
/// </summary>
public sealed record Qwen3 : DecoderConfig
{
    internal Qwen3(ConfigFields json)
        : base(json, maxPositions: 32768, headDim: 128, keyValueHeads: 32)
    {
        AttentionBias = json.Flag("attention_bias", false);
        Windows = json.UpperWindows(NumHiddenLayers);
    }

    /// <value>Biases on queries, keys, values and the attention's output.</value>
    public bool AttentionBias { get; init; }

    /// <value>The window of each layer; null for none.</value>
    public IReadOnlyList<int?> Windows { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope) => PreNormLayer(index, scope, Heads with
    {
        QkvBias = AttentionBias,
        OutputBias = AttentionBias,
        HeadNorm = Norm,
        Window = Windows[index],
    });
}
