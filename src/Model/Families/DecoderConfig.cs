namespace LisaOrleans.Model;

/// <summary>
/// What most families share with Llama: the names of the fields and tensors, and the shapes that follow from them. A family
/// that differs overrides what differs.
/// </summary>
public abstract record DecoderConfig : ModelConfig
{
    /// <param name="json">The fields.</param>
    /// <param name="maxPositions">Default of max_position_embeddings.</param>
    /// <param name="tied">Default of tie_word_embeddings.</param>
    /// <param name="headDim">Default of head_dim; null for hidden_size / num_attention_heads.</param>
    /// <param name="theta">Default of rope_theta.</param>
    /// <param name="partialRotary">Default of partial_rotary_factor; null where the family has no such field.</param>
    /// <param name="interleaved">Whether rotary pairs are neighbouring numbers.</param>
    /// <param name="eps">Default of rms_norm_eps.</param>
    /// <param name="keyValueHeads">Default of num_key_value_heads; null for num_attention_heads, which is also what a null in
    /// the file means.</param>
    /// <param name="ropeFields">Fields of rope_parameters that only this family has.</param>
    /// <param name="padTokenId">Default of pad_token_id.</param>
    private protected DecoderConfig(
        ConfigFields json, int maxPositions, bool tied = false, int? headDim = null, double theta = 10000,
        double? partialRotary = null, bool interleaved = false, double eps = 1e-6, int? keyValueHeads = null,
        string[]? ropeFields = null, int? padTokenId = null)
        : base(json)
    {
        HiddenSize = json.Count("hidden_size");
        IntermediateSize = json.Count("intermediate_size");
        NumHiddenLayers = json.Count("num_hidden_layers", most: ConfigFields.MostLayers);
        NumAttentionHeads = json.Count("num_attention_heads");
        NumKeyValueHeads = json.CountOrNull("num_key_value_heads", keyValueHeads) ?? NumAttentionHeads;
        if (NumAttentionHeads % NumKeyValueHeads != 0)
        {
            throw json.Wrong(
                "num_key_value_heads",
                $"is {(json.States("num_key_value_heads") ? "" : "missing, which means ")}{NumKeyValueHeads}; "
                + $"it must divide num_attention_heads, {NumAttentionHeads}");
        }

        var width = json.CountOrNull("head_dim", headDim);
        if (width is null && HiddenSize % NumAttentionHeads != 0)
        {
            throw json.Wrong(
                "hidden_size", $"is {HiddenSize}; without head_dim it must be a multiple of num_attention_heads, {NumAttentionHeads}");
        }

        HeadDim = width ?? HiddenSize / NumAttentionHeads;
        if (HeadDim % 2 != 0) throw json.Wrong("head_dim", $"is {HeadDim}; rotary embeddings need an even number");
        VocabSize = json.Count("vocab_size");
        PaddingRow = json.PaddingRow(VocabSize, padTokenId);
        MaxPositionEmbeddings = json.Count("max_position_embeddings", maxPositions);
        RmsNormEps = json.Number("rms_norm_eps", eps, above: 0);
        TieWordEmbeddings = json.Flag("tie_word_embeddings", tied);
        HiddenAct = json.Activation("hidden_act", Activation.Silu);
        Rope = ReadRope(json, theta, LayerTypes.Full, partialRotary, ropeFields) with { Interleaved = interleaved };
    }

    /// <value>Width of the feed-forward layer, F.</value>
    public int IntermediateSize { get; init; }

    /// <value>Query heads, H.</value>
    public int NumAttentionHeads { get; init; }

    /// <value>Key and value heads; divides <see cref="NumAttentionHeads"/>.</value>
    public int NumKeyValueHeads { get; init; }

    /// <value>Width of a head, K.</value>
    public int HeadDim { get; init; }

    /// <value>Epsilon inside the norms' square root.</value>
    public double RmsNormEps { get; init; }

    /// <value>The activation of the feed-forward layer's gate.</value>
    public Activation HiddenAct { get; init; }

    /// <value>The rotary embedding of layers that have no other.</value>
    public Rotary Rope { get; init; }

    /// <inheritdoc/>
    public override int MaxSequenceLength => Rope.Positions;

    /// <summary>The shape of attention; a family makes its additions in a <c>with</c> expression.</summary>
    private protected AttentionOptions Heads => new()
    {
        Width = HiddenSize,
        Heads = NumAttentionHeads,
        KeyValueHeads = NumKeyValueHeads,
        HeadDim = HeadDim,
        Rotary = Rope,
    };

    /// <summary>A rotary embedding.</summary>
    /// <param name="json">The fields.</param>
    /// <param name="theta">Default of rope_theta.</param>
    /// <param name="layerType">Which layers it is for, where config.json has one for each type.</param>
    /// <param name="partial">Default of partial_rotary_factor; null where the family has no such field.</param>
    /// <param name="others">Fields of rope_parameters that only this family has.</param>
    private protected Rotary ReadRope(
        ConfigFields json, double theta, string layerType, double? partial = null, string[]? others = null)
    {
        var fields = new RopeFields(json, MaxPositionEmbeddings, layerType, others);
        var dimensions = (int)(HeadDim * fields.PartialFactor(partial));
        if (dimensions < 2 || dimensions % 2 != 0)
            throw json.Wrong("partial_rotary_factor", $"makes {dimensions} of the {HeadDim} numbers of a head turn; an even number is needed");
        var scaling = fields.Scaling(dimensions);
        var longest = scaling is DynamicRopeScaling dynamic
            ? Math.Min(dynamic.Factor * MaxPositionEmbeddings, ConfigFields.Largest)
            : MaxPositionEmbeddings;
        return new Rotary(dimensions, fields.Theta(theta), (int)longest, scaling);
    }

    /// <summary>Every rotary embedding of the family's layers.</summary>
    private protected virtual IEnumerable<Rotary> Ropes => [Rope];

    internal override bool AreAlike(long length, long other) => Ropes.All(r => r.LengthClass(length) == r.LengthClass(other));

    internal override TokenEmbedding Embedding(WeightScope scope) => new(scope, "model.embed_tokens", VocabSize, HiddenSize);

    internal override OutputHead Head(WeightScope scope) => new(Norm(scope, "model.norm", HiddenSize), HeadMatrix(scope));

    /// <summary>The LM head's matrix, unless it is the embedding's.</summary>
    private protected Weight? HeadMatrix(WeightScope scope) =>
        TieWordEmbeddings ? null : scope.Table("lm_head.weight", VocabSize, HiddenSize);

    /// <summary>Llama's layer: pre-norm attention, then a pre-norm gated feed-forward block.</summary>
    private protected DecoderLayer PreNormLayer(
        int index, WeightScope scope, AttentionOptions attention, bool mlpBias = false, bool fused = false,
        double residualMultiplier = 1)
    {
        var layer = scope.Under("model.layers", index);
        return new DecoderLayer(HiddenSize)
        {
            ResidualMultiplier = residualMultiplier,
            NormBeforeAttention = Norm(layer, "input_layernorm", HiddenSize),
            Attention = new GroupedQueryAttention(layer.Under("self_attn"), attention),
            NormBeforeFeedForward = Norm(layer, "post_attention_layernorm", HiddenSize),
            FeedForward = FeedForward(layer, mlpBias, fused),
        };
    }

    /// <summary>The gated feed-forward block mlp, with gate and up in separate matrices or in one.</summary>
    private protected GatedFeedForward FeedForward(WeightScope layer, bool bias = false, bool fused = false) =>
        new(layer.Under("mlp"), HiddenSize, IntermediateSize, HiddenAct, bias, fused);

    /// <summary>The family's norm.</summary>
    private protected virtual Norm Norm(WeightScope scope, string name, long width) => new RmsNorm(scope, name, width, RmsNormEps);
}
