namespace LisaOrleans.Model;

/// <summary>
/// A model's shape as its config.json states it, and the arithmetic that follows from it; the base class of all families of
/// models. A family reads the fields by config.json's own names and says which blocks make up embedding, layers and head; all
/// else follows from the blocks.
/// </summary>
public abstract record ModelConfig
{
    private static readonly (string Prefix, string Stored)[] s_ofText = [("", ""), ("model.", "")];
    private static readonly (string Prefix, string Stored)[] s_ofMultimodal = [("", "language_model."), ("model.", "model.language_model.")];

    // What Hugging Face's Gemma3ForConditionalGeneration and Mistral3ForConditionalGeneration have besides their text model.
    private static readonly string[] s_otherParts =
        ["vision_tower.", "multi_modal_projector.", "model.vision_tower.", "model.multi_modal_projector."];

    private readonly bool _multimodal;

    private protected ModelConfig(ConfigFields json)
    {
        ModelType = json.ModelType;
        _multimodal = json.IsOfMultimodal;

        // Both are read, so that neither is taken for an unknown field; dtype is the newer name, and decides.
        var (older, newer) = (json.Text("torch_dtype"), json.Text("dtype"));
        TorchDtype = newer ?? older;
        EosTokenIds = json.TokenIds("eos_token_id");
        Dropout = UnreadFields.Dropout(json);
        Quantization = QuantizationFields.Read(json, WeightQuantization.Fp8);
    }

    /// <value><c>llama</c>, <c>qwen3</c> and so on.</value>
    public string ModelType { get; }

    /// <value>Width of the residual stream, D.</value>
    public int HiddenSize { get; private protected init; }

    /// <value>Decoder layers.</value>
    public int NumHiddenLayers { get; init; }

    /// <value>Tokens, V.</value>
    public int VocabSize { get; init; }

    /// <value>
    /// The row of the embedding that has no gradient from being looked up: <c>padding_idx</c> of torch's Embedding, which Hugging Face's
    /// class takes from pad_token_id. Null for none.
    /// </value>
    public int? PaddingRow { get; private protected init; }

    /// <value>Longest sequence that the model was made for.</value>
    public int MaxPositionEmbeddings { get; private protected init; }

    /// <value>Whether the LM head is the embedding matrix.</value>
    public bool TieWordEmbeddings { get; private protected init; }

    /// <value>The checkpoint's dtype as config.json states it; null if it doesn't.</value>
    public string? TorchDtype { get; }

    /// <value>Ids that end a generation.</value>
    public IReadOnlyList<int> EosTokenIds { get; init; }

    /// <value>The fields of config.json that ask for dropout in training, with their values. None is applied.</value>
    public IReadOnlyList<string> Dropout { get; }

    /// <value>How the checkpoint's weights are quantised; null for not at all.</value>
    public WeightQuantization? Quantization { get; private protected init; }

    /// <value>Longest sequence that is computed.</value>
    public virtual int MaxSequenceLength => MaxPositionEmbeddings;

    /// <summary>Parameters of the embedding.</summary>
    public IReadOnlyList<ParameterSpec> EmbeddingSpecs() => WeightScope.Record(scope => Embedding(scope));

    /// <summary>Parameters of one decoder layer, from 0.</summary>
    public IReadOnlyList<ParameterSpec> LayerSpecs(int index) => WeightScope.Record(scope => Layer(index, scope));

    /// <summary>Linear maps of one decoder layer, from 0: those that adapters can be of, and those of experts.</summary>
    public IReadOnlyList<LinearMap> LinearMaps(int index) => WeightScope.RecordMaps(scope => Layer(index, scope));

    /// <summary>Parameters of the final norm and, unless it is tied to the embedding, the LM head.</summary>
    public IReadOnlyList<ParameterSpec> HeadSpecs() => WeightScope.Record(scope => Head(scope));

    /// <summary>Every parameter of the model, in the order of the forward pass.</summary>
    public IReadOnlyList<ParameterSpec> AllSpecs() =>
        [.. EmbeddingSpecs(), .. Enumerable.Range(0, NumHiddenLayers).SelectMany(LayerSpecs), .. HeadSpecs()];

    /// <summary>How many of a decoder layer's weights one token passes through; experts that it is not sent to do not count.</summary>
    public long WeightsPerToken(int index)
    {
        var unused = 0L;
        var specs = WeightScope.Record(scope => unused = Layer(index, scope).FeedForward.UnusedWeights);
        return specs.Sum(s => s.Count) - unused;
    }

    /// <summary>What a decoder layer keeps for its backward pass, for each token of sequences of a length.</summary>
    public SavedNumbers SavedByLayer(int index, long length)
    {
        var saved = default(SavedNumbers);
        WeightScope.Record(scope => saved = Layer(index, scope).Saved(length));
        return saved;
    }

    /// <summary>What a decoder layer keeps on a GPU in addition, in float32.</summary>
    /// <param name="index">From 0.</param>
    /// <param name="length">Tokens of a sequence.</param>
    /// <param name="inFloat32">Whether that is the compute dtype.</param>
    public long SavedOnGpuByLayer(int index, long length, bool inFloat32)
    {
        var saved = 0L;
        WeightScope.Record(scope => saved = Layer(index, scope).Attention.SavedOnGpu(length, inFloat32));
        return saved;
    }

    /// <summary>Numbers in float32 that the head's backward pass needs at one time for each logit.</summary>
    public int SavedByLogit()
    {
        OutputHead? head = null;
        WeightScope.Record(scope => head = Head(scope));

        // Their logarithms, and two gradients of these; with a cap, what it makes of a logit.
        return head!.Softcap is null ? 3 : 4;
    }

    /// <summary>Keys and values that decoding keeps for each token, over all layers.</summary>
    public long CachedNumbers()
    {
        var sum = 0L;
        for (var i = 0; i < NumHiddenLayers; i++)
            WeightScope.Record(scope => sum = checked(sum + Layer(i, scope).Attention.CachedNumbers));
        return sum;
    }

    /// <summary>
    /// Whether a checkpoint's tensor that belongs to no part may be skipped, because it is computed again: old checkpoints
    /// carry tables of frequencies, and tied ones sometimes the matrix twice.
    /// </summary>
    public virtual bool IsDerived(string name) => name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
        || (TieWordEmbeddings && (name == "lm_head.weight" || (_multimodal && name == "language_model.lm_head.weight")));

    /// <summary>
    /// Whether a checkpoint's tensor belongs to a part of a multimodal model other than its text model; such parts stay as they
    /// are.
    /// </summary>
    public bool IsOfOtherPart(string name) => _multimodal && s_otherParts.Any(p => name.StartsWith(p, StringComparison.Ordinal));

    /// <summary>
    /// Other ways in which a checkpoint's names may begin: first the family's prefix, then what may stand there instead. Needed
    /// for text models inside multimodal ones, and for models saved without their head.
    /// </summary>
    public virtual IReadOnlyList<(string Prefix, string Stored)> NameVariants => _multimodal ? s_ofMultimodal : s_ofText;

    /// <summary>Whether sequences of two lengths are computed alike, token by token; longer ones may be rotated differently.</summary>
    internal virtual bool AreAlike(long length, long other) => true;

    /// <summary>The most tokens, up to a number of them, that all shorter sequences are computed like, token by token.</summary>
    public long LongestAlike(long most)
    {
        var (alike, other) = (1L, most + 1);
        while (other - alike > 1)
        {
            var middle = alike + ((other - alike) / 2);
            if (AreAlike(1, middle)) alike = middle;
            else other = middle;
        }

        return alike;
    }

    /// <summary>The embedding, out of the weights that it asks for.</summary>
    internal abstract TokenEmbedding Embedding(WeightScope scope);

    /// <summary>A decoder layer, from 0.</summary>
    internal abstract DecoderLayer Layer(int index, WeightScope scope);

    /// <summary>Final norm and LM head.</summary>
    internal abstract OutputHead Head(WeightScope scope);
}
