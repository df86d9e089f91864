namespace LisaOrleans.Model;

/// <summary>
/// Qwen 2 and 2.5 (arXiv 2407.10671; Hugging Face: Qwen2ForCausalLM): Llama with biases on queries, keys and values; the
/// upper layers may see a window only.
/// </summary>
public sealed record Qwen2 : DecoderConfig
{
    internal Qwen2(ConfigFields json)
        : base(json, maxPositions: 32768, keyValueHeads: 32)
    {
        QkvBias = json.Flag("attention_bias", true);
        Windows = json.UpperWindows(NumHiddenLayers);
    }

    /// <value>Biases on queries, keys and values.</value>
    public bool QkvBias { get; init; }

    /// <value>The window of each layer; null for none.</value>
    public IReadOnlyList<int?> Windows { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope) =>
        PreNormLayer(index, scope, Heads with { QkvBias = QkvBias, Window = Windows[index] });
}
