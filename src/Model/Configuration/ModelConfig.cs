namespace LisaOrleans.Model;

/// <summary>Shape of a Llama-architecture decoder, with the names of Hugging Face's config.json in C# case.</summary>
public sealed record ModelConfig
{
    /// <value><c>llama</c>, <c>mistral</c> or <c>qwen2</c>.</value>
    public required string ModelType { get; init; }

    /// <value>Width of the residual stream, D.</value>
    public required int HiddenSize { get; init; }

    /// <value>Width of the feed-forward layer, F.</value>
    public required int IntermediateSize { get; init; }

    /// <value>Decoder layers.</value>
    public required int NumHiddenLayers { get; init; }

    /// <value>Query heads, H.</value>
    public required int NumAttentionHeads { get; init; }

    /// <value>Key and value heads; divides <see cref="NumAttentionHeads"/>.</value>
    public required int NumKeyValueHeads { get; init; }

    /// <value>Width of a head, K.</value>
    public required int HeadDim { get; init; }

    /// <value>Tokens, V.</value>
    public required int VocabSize { get; init; }

    /// <value>Longest sequence the model was made for.</value>
    public required int MaxPositionEmbeddings { get; init; }

    /// <value>Epsilon inside the norms' square root.</value>
    public required double RmsNormEps { get; init; }

    /// <value>Base of the rotary frequencies.</value>
    public required double RopeTheta { get; init; }

    /// <value>Null: frequencies as they are.</value>
    public RopeScaling? RopeScaling { get; init; }

    /// <value>Whether the LM head is the embedding matrix.</value>
    public required bool TieWordEmbeddings { get; init; }

    /// <value>Biases on the query, key and value projections.</value>
    public bool QkvBias { get; init; }

    /// <value>Bias on the attention's output projection.</value>
    public bool OutputBias { get; init; }

    /// <value>Biases in the feed-forward layer.</value>
    public bool MlpBias { get; init; }

    /// <value>Positions see at most this many tokens back; null for all. Longer sequences are refused, not masked.</value>
    public int? SlidingWindow { get; init; }

    /// <value>The checkpoint's dtype as config.json states it; null if it doesn't.</value>
    public string? TorchDtype { get; init; }

    /// <value>Ids that end a generation.</value>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <value>Longest sequence that this implementation computes exactly.</value>
    public int MaxSequenceLength => Math.Min(MaxPositionEmbeddings, SlidingWindow ?? int.MaxValue);
}
