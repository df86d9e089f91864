namespace LisaOrleans.Model;

/// <summary>
/// Ministral 3 (Hugging Face: Ministral3ForCausalLM): Mistral with YaRN, whose queries grow with the logarithm of their
/// position beyond the original context (Llama 4's scaling).
/// </summary>
public sealed record Ministral3 : DecoderConfig
{
    private const string Beta = "llama_4_scaling_beta";

    private static readonly string[] s_ropeFields = [Beta, "max_position_embeddings"];

    internal Ministral3(ConfigFields json)
        : base(json, maxPositions: 262_144, headDim: 128, eps: 1e-5, keyValueHeads: 8, ropeFields: s_ropeFields, padTokenId: 11)
    {
        if (!json.Has("rope_parameters") && !json.Has("rope_scaling"))
            throw json.Wrong("rope_parameters", "is missing; the default of transformers is the stretching of one model only");
        Windows = json.SameWindows(NumHiddenLayers, json.CountOrNull("sliding_window", null));

        var rope = new RopeFields(json, MaxPositionEmbeddings, LayerTypes.Full, s_ropeFields);
        if (rope.Number(Beta) is { } beta) QueryGrowth = new QueryGrowth(beta, rope.OriginalPositions());
    }

    /// <value>The window of each layer; null for none.</value>
    public IReadOnlyList<int?> Windows { get; init; }

    /// <value>How queries grow with their position; null where they do not.</value>
    public QueryGrowth? QueryGrowth { get; init; }

    internal override DecoderLayer Layer(int index, WeightScope scope) =>
        PreNormLayer(index, scope, Heads with { Window = Windows[index], QueryGrowth = QueryGrowth });
}
