namespace LisaOrleans.Model;

/// <summary>
/// Gemma 3's text model (arXiv 2503.19786; Hugging Face: Gemma3ForCausalLM): local layers that see a window and turn by a
/// rotary embedding of their own, a global one after every few of them, and norms over each head's queries and keys.
/// </summary>
public sealed record Gemma3 : GemmaConfig
{
    // Files of multimodal models leave out what has the default of Hugging Face's class.
    private static readonly (string, int)[] s_defaults =
    [
        ("vocab_size", 262_208), ("hidden_size", 2304), ("intermediate_size", 9216), ("num_hidden_layers", 26),
        ("num_attention_heads", 8),
    ];

    internal Gemma3(ConfigFields json)
        : base(json.WithDefaults(s_defaults), maxPositions: 131_072, keyValueHeads: 4, theta: 1_000_000)
    {
        QueryPreAttnScalar = json.Number("query_pre_attn_scalar", 256, above: 0);
        const string Cap = "attn_logit_softcapping";
        AttnLogitSoftcapping = json.OptionalNumber(Cap);
        if (AttnLogitSoftcapping is { } cap && !json.IsOfRun)
            throw json.Wrong(Cap, $"is {cap}, which Hugging Face's class of this family reads and does not apply; it must be null or left out");
        FinalLogitSoftcapping = json.OptionalNumber("final_logit_softcapping");
        const string Pattern = "sliding_window_pattern", Kept = "_" + Pattern;
        var pattern = json.Count(Pattern, 6);

        // What transformers writes beside layer_types, whatever those are, and does not read.
        if (!json.Has("layer_types") && json.Has(Kept) && json.Count(Kept) is var kept && kept != pattern)
        {
            var means = json.Has(Pattern) ? $"{pattern}" : $"missing, which means {pattern}";
            throw json.Wrong(Kept, $"is {kept}, but without layer_types {Pattern} counts, which is {means}");
        }

        json.LetPass(Kept);
        var window = json.CountOrNull("sliding_window", 4096)
            ?? throw json.Wrong("sliding_window", "is null; some layers of this family have a window, so it must be a number or left out");
        Windows = json.Windows(NumHiddenLayers, window, i => (i + 1) % pattern != 0);
        var localTheta = json.Number("rope_local_base_freq", 10000, above: 0);
        var local = RopeFields.IsForEachLayerType(json)
            ? ReadRope(json, localTheta, LayerTypes.Sliding)
            : new Rotary(HeadDim, localTheta, MaxPositionEmbeddings);
        LocalRope = local with { Positions = Rope.Positions };
    }

    /// <value>Scores are multiplied by 1 / √this.</value>
    public double QueryPreAttnScalar { get; init; }

    /// <value>Softcap of scores; null for none. Only runs that older builds began have one.</value>
    public double? AttnLogitSoftcapping { get; init; }

    /// <value>Softcap of logits; null for none.</value>
    public double? FinalLogitSoftcapping { get; init; }

    /// <value>The window of each layer; null for none.</value>
    public IReadOnlyList<int?> Windows { get; init; }

    /// <value>The rotary embedding of layers with a window.</value>
    public Rotary LocalRope { get; init; }

    private protected override IEnumerable<Rotary> Ropes => [Rope, LocalRope];

    internal override DecoderLayer Layer(int index, WeightScope scope) => SandwichLayer(index, scope, Heads with
    {
        Rotary = Windows[index] is null ? Rope : LocalRope,
        Window = Windows[index],
        Scale = 1 / Math.Sqrt(QueryPreAttnScalar),
        Softcap = AttnLogitSoftcapping,
        HeadNorm = Norm,
    });

    internal override OutputHead Head(WeightScope scope) =>
        new(Norm(scope, "model.norm", HiddenSize), HeadMatrix(scope)) { Softcap = FinalLogitSoftcapping };
}
