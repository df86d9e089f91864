namespace LisaOrleans.Model;

/// <summary>The shape of an attention block and what its family adds to it.</summary>
internal sealed record AttentionOptions
{
    /// <value>Width of the residual stream, D.</value>
    public required long Width { get; init; }

    /// <value>Query heads, H.</value>
    public required long Heads { get; init; }

    /// <value>Key and value heads, G; divides <see cref="Heads"/>.</value>
    public required long KeyValueHeads { get; init; }

    /// <value>Width of a head, K.</value>
    public required long HeadDim { get; init; }

    /// <value>How positions rotate queries and keys; null for no rotation.</value>
    public Rotary? Rotary { get; init; }

    /// <value>How queries grow with their position (Ministral 3); null where they do not. Default null.</value>
    public QueryGrowth? QueryGrowth { get; init; }

    /// <value>A position sees itself and the positions less than this far back; null for all. Default null.</value>
    public int? Window { get; init; }

    /// <value>What scores are multiplied by; null for 1 / √K. Default null.</value>
    public double? Scale { get; init; }

    /// <value>Scores s become c · tanh(s / c) (Gemma 2); null for no cap. Default null.</value>
    public double? Softcap { get; init; }

    /// <value>
    /// Whether each head has a learned score of its own that takes part in the softmax and adds nothing (gpt-oss); not together
    /// with a softcap. Default false.
    /// </value>
    public bool Sinks { get; init; }

    /// <value>Biases on queries, keys and values. Default false.</value>
    public bool QkvBias { get; init; }

    /// <value>Bias on the output. Default false.</value>
    public bool OutputBias { get; init; }

    /// <value>Whether queries, keys and values come from one matrix, qkv_proj. Default false: q_proj, k_proj and v_proj.</value>
    public bool FusedQkv { get; init; }

    /// <value>Norms q_norm and k_norm over each head (Qwen 3), given their scope, name and width; null for none. Default null.</value>
    public Func<WeightScope, string, long, Norm>? HeadNorm { get; init; }

    /// <value>
    /// Norms q_norm and k_norm over all heads together (OLMo 2), before they are split into heads; null for none. Default null.
    /// </value>
    public Func<WeightScope, string, long, Norm>? WholeNorm { get; init; }

    /// <summary>Outputs of the query map.</summary>
    public long QueryWidth => checked(Heads * HeadDim);

    /// <summary>Outputs of the key map, and of the value map.</summary>
    public long KeyWidth => checked(KeyValueHeads * HeadDim);
}
