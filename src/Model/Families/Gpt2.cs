namespace LisaOrleans.Model;

/// <summary>
/// GPT-2 (Radford et al., 2019; Hugging Face: GPT2LMHeadModel): learned positions, layer norms and biases everywhere, and
/// matrices stored as [input, output].
/// </summary>
public sealed record Gpt2 : ModelConfig
{
    // GPT2Model, as the first checkpoints were saved, has no module around it.
    private static readonly (string Prefix, string Stored)[] s_nameVariants = [("", ""), (Module + ".", "")];

    private const string Module = "transformer";

    private readonly double _epsilon;
    private readonly bool _scaled;
    private readonly bool _scaledByLayer;

    internal Gpt2(ConfigFields json)
        : base(json)
    {
        HiddenSize = json.Count("n_embd");
        NumHiddenLayers = json.Count("n_layer", most: ConfigFields.MostLayers);
        NumAttentionHeads = json.Count("n_head");
        if (HiddenSize % NumAttentionHeads != 0)
            throw json.Wrong("n_embd", $"is {HiddenSize}; it must be a multiple of n_head, {NumAttentionHeads}");
        VocabSize = json.Count("vocab_size");
        MaxPositionEmbeddings = json.Count("n_positions");
        InnerSize = json.Count("n_inner", Math.Min(4 * HiddenSize, ConfigFields.Largest));
        TieWordEmbeddings = json.Flag("tie_word_embeddings", true);
        Activation = json.Activation("activation_function", Activation.GeluTanh);
        _epsilon = json.Number("layer_norm_epsilon", 1e-5, above: 0);
        _scaled = json.Flag("scale_attn_weights", true);
        _scaledByLayer = json.Flag("scale_attn_by_inverse_layer_idx", false);

        // An older name of n_positions, the order in which the same numbers are computed, and a setting of the first GPT. The embedding
        // knows no padding token.
        json.LetPass("n_ctx", "reorder_and_upcast_attn", "predict_special_tokens", "pad_token_id");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Prefix, string Stored)> NameVariants => s_nameVariants;

    /// <value>Heads, H.</value>
    public int NumAttentionHeads { get; init; }

    /// <value>Width of the feed-forward layer, F.</value>
    public int InnerSize { get; init; }

    /// <value>The activation of the feed-forward layer's inner numbers.</value>
    public Activation Activation { get; init; }

    /// <summary>Old checkpoints carry the causal masks, too.</summary>
    public override bool IsDerived(string name) => base.IsDerived(name)
        || name.EndsWith(".attn.bias", StringComparison.Ordinal) || name.EndsWith(".attn.masked_bias", StringComparison.Ordinal);

    internal override TokenEmbedding Embedding(WeightScope scope) =>
        new(scope.Under(Module), "wte", VocabSize, HiddenSize, ("wpe", MaxPositionEmbeddings));

    internal override DecoderLayer Layer(int index, WeightScope scope)
    {
        var layer = scope.Under(Module + ".h", index);
        var options = new AttentionOptions
        {
            Width = HiddenSize,
            Heads = NumAttentionHeads,
            KeyValueHeads = NumAttentionHeads,
            HeadDim = HiddenSize / NumAttentionHeads,
            Scale = (_scaled ? 1 / Math.Sqrt(HiddenSize / NumAttentionHeads) : 1) / (_scaledByLayer ? index + 1 : 1),
            OutputBias = true,
        };
        return new DecoderLayer(HiddenSize)
        {
            NormBeforeAttention = new LayerNorm(layer, "ln_1", HiddenSize, _epsilon),
            Attention = Attention(layer.Under("attn"), options),
            NormBeforeFeedForward = new LayerNorm(layer, "ln_2", HiddenSize, _epsilon),
            FeedForward = FeedForward(layer.Under("mlp")),
        };
    }

    internal override OutputHead Head(WeightScope scope) => new(
        new LayerNorm(scope.Under(Module), "ln_f", HiddenSize, _epsilon),
        TieWordEmbeddings ? null : scope.Table("lm_head.weight", VocabSize, HiddenSize));

    private GroupedQueryAttention Attention(WeightScope scope, AttentionOptions options)
    {
        var all = new Linear(scope, "c_attn", HiddenSize, 3L * HiddenSize, bias: true, transposed: true);
        return new(scope, options, new FusedProjections(all, HiddenSize, HiddenSize, HiddenSize), "c_proj", transposed: true);
    }

    private FeedForward FeedForward(WeightScope scope) => new(
        new Linear(scope, "c_fc", HiddenSize, InnerSize, bias: true, transposed: true),
        Activation,
        new Linear(scope, "c_proj", InnerSize, HiddenSize, bias: true, transposed: true),
        InnerSize);
}
