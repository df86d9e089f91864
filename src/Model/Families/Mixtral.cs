namespace LisaOrleans.Model;

/// <summary>
/// Mixtral (Jiang et al., arXiv 2401.04088; Hugging Face: MixtralForCausalLM): Mistral with a mixture of experts in each layer.
/// </summary>
public sealed record Mixtral : MoeConfig
{
    internal Mixtral(ConfigFields json)
        : base(json, maxPositions: 131_072, theta: 1_000_000, experts: 8, chosen: 2, keyValueHeads: 8, eps: 1e-5) =>
        Window = json.CountOrNull("sliding_window", null);

    /// <value>The window of all layers; null for none.</value>
    public int? Window { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope) => PreNormLayer(
        index, scope, Heads with { Window = Window },
        layer => Experts(layer.Under("block_sparse_moe"), IntermediateSize, renormalise: true, gate: "w1", up: "w3", down: "w2"));
}
