namespace LisaOrleans.Data;

/// <summary>
/// A tokenizer as a GGUF file describes it: <c>llama</c> is SentencePiece's byte-pair encoding, which merges by scores;
/// <c>gpt2</c> is byte-level byte-pair encoding, which merges by a list and cuts texts by an expression that the file only
/// names.
/// </summary>
public sealed record GgufVocabulary
{
    /// <value><c>llama</c> or <c>gpt2</c>.</value>
    public required string Model { get; init; }

    /// <value>Name of the expression that cuts texts, for <c>gpt2</c>; else null.</value>
    public string? Pre { get; init; }

    /// <value>One for each row of the embedding.</value>
    public required IReadOnlyList<GgufToken> Tokens { get; init; }

    /// <value>Pairs with a space between, the first to merge first; for <c>gpt2</c>.</value>
    public IReadOnlyList<string> Merges { get; init; } = [];

    /// <value>Begins a sequence; null for none.</value>
    public required int? BosTokenId { get; init; }

    /// <value>Ends a sequence; null for none.</value>
    public required int? EosTokenId { get; init; }

    /// <value>Whether sequences begin with <see cref="BosTokenId"/>.</value>
    public required bool AddBosToken { get; init; }

    /// <value>Whether a text gets a space before it, for <c>llama</c>.</value>
    public bool AddSpacePrefix { get; init; }

    /// <value>
    /// Whether that space is for the beginning alone. GGUF puts it before the text behind a special token, too, so that it belongs to no
    /// text that begins with one. Default false.
    /// </value>
    public bool SpaceIsForBeginning { get; init; }

    /// <value>Whether special tokens take the white space behind them just as llama.cpp makes those of Phi-3 do. Default false.</value>
    public bool StripsAsPhi3 { get; init; }

    /// <value>The folder's chat template; null for none.</value>
    public string? ChatTemplate { get; init; }

    /// <summary>Reads a folder's tokenizer.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="size">Rows of the model's embedding.</param>
    /// <exception cref="TokenizerException">It cannot be read, or GGUF cannot express it; the message then says what it would
    /// need.</exception>
    public static GgufVocabulary Read(string folder, int size)
    {
        var vocabulary = GgufVocabularyReader.Read(folder, size);
        return vocabulary with { ChatTemplate = ChatTemplateSource.Find(folder)?.Chat };
    }
}
