namespace LisaOrleans.Model;

/// <summary>
/// Phi-3, Phi-3.5 and Phi-4, with their mini versions (arXiv 2404.14219; Hugging Face: Phi3ForCausalLM): Llama with queries,
/// keys and values from one matrix, gate and up from one, LongRoPE, and in Phi-4-mini heads of which only a part is rotated.
/// </summary>
public sealed record Phi3 : DecoderConfig
{
    internal Phi3(ConfigFields json)
        : base(
            json.WithDefaults(("original_max_position_embeddings", 4096)), maxPositions: 4096, partialRotary: 1, eps: 1e-5,
            padTokenId: 32_000)
    {
        if (Rope.Scaling is not (null or LongRopeScaling))
            throw json.Wrong("rope_scaling", "is of a type that phi3 does not have; supported here are default and longrope");
        json.Is("full_attn_mod", 1);
        json.Is("interpolate_factor", 1);
        Windows = json.SameWindows(NumHiddenLayers, json.CountOrNull("sliding_window", null));
    }

    /// <value>The window of each layer; null for none.</value>
    public IReadOnlyList<int?> Windows { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope) =>
        PreNormLayer(index, scope, Heads with { FusedQkv = true, Window = Windows[index] }, fused: true);
}
