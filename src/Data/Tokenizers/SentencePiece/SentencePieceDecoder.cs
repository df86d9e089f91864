namespace LisaOrleans.Data;

/// <summary>
/// Turns pieces into text, without reserved ones. Bytes that are not UTF-8 become U+FFFD. Source: SentencePiece's Decode.
/// </summary>
internal sealed class SentencePieceDecoder
{
    private const char Sign = '▁';

    private readonly HashSet<string> _bytes;
    private readonly bool _dropsFirstSpace;
    private readonly bool _dropsFirstSpaces;

    public SentencePieceDecoder(SentencePieceFile file)
    {
        _bytes = [.. file.Pieces.Where(p => p.Kind == SentencePieceKind.Byte).Select(p => p.Text)];
        _dropsFirstSpaces = file.RemoveExtraSpaces;
        _dropsFirstSpace = file.AddDummyPrefix || file.RemoveExtraSpaces;
    }

    /// <summary>All of it.</summary>
    public TextDecoder Decoder => new(Decode, () => new Stream(this));

    private string Decode(IEnumerable<string> pieces)
    {
        var stream = new Stream(this);
        return string.Concat([.. pieces.SelectMany(stream.Push), .. stream.Flush()]);
    }

    private sealed class Stream(SentencePieceDecoder decoder) : TokenStream
    {
        private readonly Utf8Stream _bytes = new(_ => []);
        private bool _first = true;
        private bool _hasText;

        public override IEnumerable<string> Push(string piece)
        {
            if (decoder._bytes.Contains(piece))
            {
                _hasText = true;
                return [_bytes.Text([ByteFallback.Byte(piece)!.Value], flush: false)];
            }

            var before = _bytes.Text([], flush: true);
            if (_hasText) _first = false;
            var starts = _first && decoder._dropsFirstSpace && piece[0] == Sign;
            var text = (starts ? piece[1..] : piece).Replace(Sign, ' ');
            _hasText |= text.Length > 0;

            // Where extra spaces are dropped, so are all leading pieces that are only a space.
            if (starts && !decoder._dropsFirstSpaces) _first = false;
            return [before, text];
        }

        public override IEnumerable<string> Flush() => _bytes.Flush();
    }
}
