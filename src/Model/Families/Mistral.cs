namespace LisaOrleans.Model;

/// <summary>Mistral (Jiang et al., arXiv 2310.06825; Hugging Face: MistralForCausalLM): Llama whose layers may see a window only.</summary>
public sealed record Mistral : DecoderConfig
{
    internal Mistral(ConfigFields json)
        : base(json, maxPositions: 131_072, keyValueHeads: 8)
    {
        // Hugging Face's MinistralForCausalLM is this one with windows by layer_types, and what it takes a mistral for that states them.
        var window = json.CountOrNull("sliding_window", 4096);
        Windows = json.ModelType == "ministral" || !json.IsOfMultimodal
            ? json.Windows(NumHiddenLayers, window, _ => true)
            : json.SameWindows(NumHiddenLayers, window);
    }

    /// <value>The window of each layer; null for none.</value>
    public IReadOnlyList<int?> Windows { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope) =>
        PreNormLayer(index, scope, Heads with { Window = Windows[index] });
}
