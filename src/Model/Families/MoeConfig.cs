namespace LisaOrleans.Model;

/// <summary>
/// What families share whose feed-forward blocks are mixtures of experts: the number of experts, and the layer around them.
/// </summary>
public abstract record MoeConfig : DecoderConfig
{
    // Each has tensors of its own, so these bound the time and memory that a stranger's file can cost; real models have up to
    // 512 in a layer and about 25,000 in all.
    private const int MostExperts = 2048;
    private const int MostInAll = 100_000;

    /// <param name="json">The fields.</param>
    /// <param name="maxPositions">Default of max_position_embeddings.</param>
    /// <param name="theta">Default of rope_theta.</param>
    /// <param name="experts">Default of num_experts or num_local_experts.</param>
    /// <param name="chosen">Default of num_experts_per_tok.</param>
    /// <param name="keyValueHeads">Default of num_key_value_heads.</param>
    /// <param name="headDim">Default of head_dim; null for hidden_size / num_attention_heads.</param>
    /// <param name="eps">Default of rms_norm_eps.</param>
    private protected MoeConfig(
        ConfigFields json, int maxPositions, double theta, int experts, int chosen, int keyValueHeads, int? headDim = null, double eps = 1e-6)
        : base(json, maxPositions, headDim: headDim, theta: theta, eps: eps, keyValueHeads: keyValueHeads)
    {
        // Hugging Face's classes know both names, and transformers 5 writes the second.
        const string Name = "num_experts", OtherName = "num_local_experts";
        var (name, other) = json.Has(Name) ? (Name, OtherName) : (OtherName, Name);
        NumExperts = json.Count(name, experts, MostExperts);
        if (json.Has(other) && json.Count(other) != NumExperts)
            throw json.Wrong(other, $"is {json.Count(other)}, but {name} is {NumExperts}; they are the same number");
        if ((long)NumExperts * NumHiddenLayers > MostInAll)
            throw json.Wrong(name, $"is {NumExperts}; with {NumHiddenLayers} layers at most {MostInAll / NumHiddenLayers} are supported");
        NumExpertsPerTok = json.Count("num_experts_per_tok", chosen);
        if (NumExpertsPerTok > NumExperts)
            throw json.Wrong("num_experts_per_tok", $"is {NumExpertsPerTok}; there are {NumExperts} experts");
    }

    /// <value>Experts of a layer.</value>
    public int NumExperts { get; init; }

    /// <value>Experts that each token is sent to.</value>
    public int NumExpertsPerTok { get; init; }

    /// <summary>Llama's layer with other feed-forward blocks.</summary>
    private protected DecoderLayer PreNormLayer(
        int index, WeightScope scope, AttentionOptions attention, Func<WeightScope, IBlock> feedForward)
    {
        var layer = scope.Under("model.layers", index);
        return new DecoderLayer(HiddenSize)
        {
            NormBeforeAttention = Norm(layer, "input_layernorm", HiddenSize),
            Attention = new GroupedQueryAttention(layer.Under("self_attn"), attention),
            NormBeforeFeedForward = Norm(layer, "post_attention_layernorm", HiddenSize),
            FeedForward = feedForward(layer),
        };
    }

    /// <summary>Gated experts with matrices of their own, experts.0.GATE and so on, after the router, gate.</summary>
    /// <param name="block">The block's scope.</param>
    /// <param name="inner">An expert's width.</param>
    /// <param name="renormalise">Whether a token's shares add up to 1.</param>
    /// <param name="gate">Name of the matrix that goes through the activation.</param>
    /// <param name="up">Name of the one that does not.</param>
    /// <param name="down">Name of the one that maps back.</param>
    private protected MixtureOfExperts Experts(
        WeightScope block, int inner, bool renormalise, string gate = "gate_proj", string up = "up_proj", string down = "down_proj")
    {
        block = block.OfExperts();
        var router = new Linear(block, "gate", HiddenSize, NumExperts);
        IBlock[] experts = [.. Enumerable.Range(0, NumExperts).Select(e =>
        {
            var expert = block.Under("experts", e);
            return new GatedFeedForward(
                new SeparateProjections(new Linear(expert, gate, HiddenSize, inner), new Linear(expert, up, HiddenSize, inner)),
                new Linear(expert, down, inner, HiddenSize), inner, HiddenAct);
        })];
        return new MixtureOfExperts(
            router, new SeparateExperts(experts, checked(3L * HiddenSize * inner)), NumExpertsPerTok, renormalise, HiddenSize);
    }
}
