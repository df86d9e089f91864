using System.Text;

namespace LisaOrleans.Data;

/// <summary>Makes text of pieces. Source: SentencePiece's Decode.</summary>
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

    /// <summary>The text of pieces, without reserved ones. Bytes that are no UTF-8 become U+FFFD.</summary>
    public string Decode(IEnumerable<string> pieces)
    {
        var text = new StringBuilder();
        var bytes = new List<byte>();
        var first = true;
        foreach (var piece in pieces)
        {
            if (_bytes.Contains(piece))
            {
                bytes.Add(ByteFallback.Byte(piece)!.Value);
                continue;
            }

            Flush();
            if (text.Length > 0) first = false;
            var starts = first && _dropsFirstSpace && piece[0] == Sign;
            text.Append((starts ? piece[1..] : piece).Replace(Sign, ' '));

            // Where extra spaces are dropped, pieces of nothing but one are, up to the first other.
            if (starts && !_dropsFirstSpaces) first = false;
        }

        Flush();
        return text.ToString();

        void Flush()
        {
            text.Append(Encoding.UTF8.GetString([.. bytes]));
            bytes.Clear();
        }
    }
}
