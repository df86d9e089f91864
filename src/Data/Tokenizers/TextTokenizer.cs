using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>
/// A tokenizer as Hugging Face's library has it: added tokens are cut out of the text, the rest is normalized, cut into pieces,
/// and each piece is encoded by the model.
/// </summary>
internal sealed class TextTokenizer : ITokenizer
{
    private readonly TokenizerParts _parts;
    private readonly AddedTokenFinder _written;
    private readonly AddedTokenFinder _normalized;
    private readonly string?[] _tokens;
    private readonly HashSet<int> _special;
    private readonly EncodingScratch.Pool _pool = new();

    public TextTokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _written = new AddedTokenFinder(parts.Added.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        _normalized = new AddedTokenFinder(parts.Added.Where(t => t.Normalized).Select(t => (Normalize(t.Content), t)));
        _special = [.. parts.Added.Where(t => t.Special).Select(t => t.Id)];
        foreach (var id in (int?[])[parts.BosTokenId, parts.EosTokenId]) if (id is { } end) _special.Add(end);
        _tokens = new string?[parts.Model.Vocabulary.Values.Concat(parts.Added.Select(t => t.Id)).Max() + 1];
        foreach (var (token, id) in parts.Model.Vocabulary) _tokens[id] = token;
        foreach (var token in parts.Added) _tokens[token.Id] = token.Content;

        string Normalize(string content) => parts.Normalizer?.Invoke(new AlignedText(content, 0, false)).Text ?? content;
    }

    /// <summary>What it is made of.</summary>
    public TokenizerParts Parts => _parts;

    public int VocabularySize => _tokens.Length;

    public int? BosTokenId => _parts.BosTokenId;

    public int? EosTokenId => _parts.EosTokenId;

    public bool AddBosToken => _parts.AddBosToken;

    public int[] Encode(string text) => Encode(text, false, false, scratch => scratch.Tokens.Ids.ToArray());

    public int[] EncodeWithSpecialTokens(string text) => Encode(text, true, false, scratch => scratch.Tokens.Ids.ToArray());

    public TokenizedText EncodeWithOffsets(string text, bool specialTokens = true) => Encode(text, specialTokens, true, scratch => new TokenizedText(
        scratch.Tokens.Ids.ToArray(), scratch.Tokens.Starts.ToArray(), scratch.Tokens.Ends.ToArray()));

    public string Decode(IReadOnlyList<int> ids) => Named(() => _parts.Decoder.Decode(ids.Select(Token).OfType<string>()));

    public ITextStream StartDecoding() => new TextStream(this, _parts.Decoder.Stream());

    // Null for ids without text.
    private string? Token(int id) => _special.Contains(id) || id < 0 || id >= _tokens.Length ? null : _tokens[id];

    private T Encode<T>(string text, bool special, bool tracked, Func<EncodingScratch, T> result)
    {
        var scratch = _pool.Rent();
        try
        {
            return Named(() =>
            {
                foreach (var (token, start, end) in _written.Split(text, special))
                {
                    if (token is not null) scratch.Tokens.Add(token.Id, start, end);
                    else EncodePart(new AlignedText(text[start..end], start, tracked), special, scratch);
                }

                return result(scratch);
            });
        }
        finally
        {
            _pool.Return(scratch);
        }
    }

    // Errors name the file.
    private T Named<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is InvalidDataException or RegexMatchTimeoutException)
        {
            throw new TokenizerException(_parts.File, e.Message);
        }
    }

    private void EncodePart(AlignedText text, bool special, EncodingScratch scratch)
    {
        if (_parts.Normalizer is not null) text = _parts.Normalizer(text);
        foreach (var (token, start, end) in _normalized.Split(text.Text, special))
        {
            if (token is not null) scratch.Tokens.Add(token.Id, text.Start(start), text.End(end));
            else EncodePieces(text.Slice(start, end), scratch);
        }
    }

    private void EncodePieces(AlignedText text, EncodingScratch scratch)
    {
        var pieces = scratch.Pieces;
        pieces.Reset(text, text.Origin == 0);
        foreach (var step in _parts.Steps) step(pieces);
        var first = scratch.Tokens.Count;
        var written = pieces.Text;
        foreach (var piece in pieces.Pieces)
            _parts.Model.Encode(written.Text.AsSpan(piece.Start, piece.Length), piece.Start, scratch);
        if (!text.Tracked) return;

        var starts = scratch.Tokens.Starts;
        var ends = scratch.Tokens.Ends;
        for (var i = first; i < starts.Length; i++) (starts[i], ends[i]) = (written.Start(starts[i]), written.End(ends[i]));
    }

    private sealed class TextStream(TextTokenizer tokenizer, TokenStream stream) : ITextStream
    {
        public string Push(int id) =>
            tokenizer.Token(id) is { } token ? tokenizer.Named(() => string.Concat(stream.Push(token))) : "";

        public string Flush() => tokenizer.Named(() => string.Concat(stream.Flush()));
    }
}
