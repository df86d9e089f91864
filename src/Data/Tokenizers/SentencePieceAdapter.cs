using Microsoft.ML.Tokenizers;

namespace LisaOrleans.Data;

/// <summary>A SentencePiece model (tokenizer.model), through Microsoft.ML.Tokenizers.</summary>
internal sealed class SentencePieceAdapter : ITokenizer
{
    private readonly SentencePieceTokenizer _tokenizer;
    private readonly SpecialTokenSplitter _special;

    private SentencePieceAdapter(SentencePieceTokenizer tokenizer, TokenizerConfig config)
    {
        _tokenizer = tokenizer;
        AddBosToken = config.AddBosToken ?? true;
        var special = new Dictionary<string, int>(config.SpecialTokens);
        special.TryAdd(tokenizer.BeginningOfSentenceToken, tokenizer.BeginningOfSentenceId);
        special.TryAdd(tokenizer.EndOfSentenceToken, tokenizer.EndOfSentenceId);
        _special = new SpecialTokenSplitter(special);
        VocabularySize = Math.Max(tokenizer.Vocabulary.Values.Max(), special.Values.Max()) + 1;
    }

    public int VocabularySize { get; }

    public int? BosTokenId => _tokenizer.BeginningOfSentenceId;

    public int? EosTokenId => _tokenizer.EndOfSentenceId;

    public bool AddBosToken { get; }

    public static SentencePieceAdapter Load(string path, TokenizerConfig config)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return new SentencePieceAdapter(
                SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false), config);
        }
        catch (Exception e) when (e is not TokenizerException and not OutOfMemoryException)
        {
            // The protobuf reader and the tokenizer's own checks throw all sorts of exceptions on damaged files.
            throw new TokenizerException(path, $"is no SentencePiece model: {e.Message}");
        }
    }

    public int[] Encode(string text) =>
        text.Length == 0 ? [] : [.. _tokenizer.EncodeToIds(text, addBeginningOfSentence: false, addEndOfSentence: false)];

    public int[] EncodeWithSpecialTokens(string text) => _special.Encode(text, (part, _) => Encode(part));

    public TokenizedText EncodeWithOffsets(string text) => _special.EncodeWithOffsets(text, (part, _) => Encode(part), Decode);

    public string Decode(IReadOnlyList<int> ids) => _tokenizer.Decode(ids.Where(i => i != BosTokenId && i != EosTokenId), considerSpecialTokens: false) ?? "";
}
