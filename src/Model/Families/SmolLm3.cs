using System.Text.Json;

namespace LisaOrleans.Model;

/// <summary>
/// SmolLM3 (Hugging Face: SmolLM3ForCausalLM): Llama in which one layer in four has no position embedding (Yang et al., arXiv
/// 2501.18795).
/// </summary>
public sealed record SmolLm3 : DecoderConfig
{
    internal SmolLm3(ConfigFields json)
        : base(json, maxPositions: 32768, tied: true, theta: 2_000_000, keyValueHeads: 4, padTokenId: 128_004)
    {
        AttentionBias = json.Flag("attention_bias", false);
        MlpBias = json.Flag("mlp_bias", false);
        RotaryLayers = ReadRotaryLayers(json);
        var window = json.CountOrNull("sliding_window", null);
        var uses = json.Flag("use_sliding_window", false);
        Windows = json.Windows(NumHiddenLayers, window, i => uses && !RotaryLayers[i]);
        json.LetPass("max_window_layers");
    }

    /// <value>Biases on queries, keys, values and the attention's output.</value>
    public bool AttentionBias { get; init; }

    /// <value>Biases in the feed-forward layer.</value>
    public bool MlpBias { get; init; }

    /// <value>Whether a layer has rotary embeddings.</value>
    public IReadOnlyList<bool> RotaryLayers { get; init; }

    /// <value>The window of each layer; null for none.</value>
    public IReadOnlyList<int?> Windows { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope)
    {
        var attention = Heads with
        {
            QkvBias = AttentionBias,
            OutputBias = AttentionBias,
            Rotary = RotaryLayers[index] ? Rope : null,
            Window = Windows[index],
        };
        return PreNormLayer(index, scope, attention, MlpBias);
    }

    // The name says the opposite: 1 is a layer with rotary embeddings.
    private bool[] ReadRotaryLayers(ConfigFields json)
    {
        const string Name = "no_rope_layers";
        var interval = json.Count("no_rope_layer_interval", 4);
        if (json.Find(Name) is not { } value) return [.. Enumerable.Range(1, NumHiddenLayers).Select(i => i % interval != 0)];
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() < NumHiddenLayers)
            throw json.Wrong(Name, $"must be a list with 0 or 1 for each of the {NumHiddenLayers} layers");
        return [.. value.EnumerateArray().Take(NumHiddenLayers).Select(e => ConfigFields.Whole(e, 0, 1) switch
        {
            1 => true,
            0 => false,
            _ => throw json.Wrong(Name, $"holds {ConfigFields.Shorten(e)}; it must be 0 or 1 for each layer"),
        })];
    }
}
