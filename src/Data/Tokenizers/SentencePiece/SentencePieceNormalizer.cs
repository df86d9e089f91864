using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// Turns a text into what SentencePiece cuts into pieces: rules for characters, then spaces. Source: SentencePiece's
/// normalizer.
/// </summary>
internal sealed class SentencePieceNormalizer
{
    private const string Sign = "▁";

    // In characters; those of SentencePiece's own rules have up to five.
    private const int LongestRule = 24;

    private readonly SentencePieceFile _file;
    private readonly CharsMap? _rules;
    private readonly TextTrie? _userDefined;
    private readonly string _space;
    private readonly bool _prefixesAll;

    /// <param name="file">The model.</param>
    /// <param name="rules">Its rules for characters; null for none.</param>
    /// <param name="userDefined">Pieces that no rule changes; null for none.</param>
    /// <param name="prefixesAll">Whether a text after a special token gets a space before it, as the first text does.</param>
    public SentencePieceNormalizer(SentencePieceFile file, CharsMap? rules, TextTrie? userDefined, bool prefixesAll)
    {
        (_file, _rules, _userDefined, _prefixesAll) = (file, rules, userDefined, prefixesAll);
        _space = file.EscapeSpaces ? Sign : " ";
    }

    public AlignedText Apply(AlignedText text)
    {
        var pads = _file.AddDummyPrefix && (_prefixesAll || text.Origin == 0);
        if (text.Text.Length == 0) return text;
        if (_rules is null && _userDefined is null && !_file.RemoveExtraSpaces && !_file.SpaceIsSuffix)
        {
            // Llama 2's way: one character for each.
            var escaped = text with { Text = text.Text.Replace(' ', _space[0]) };
            return pads ? NormalizerReader.Prepend(_space)(escaped) : escaped;
        }

        var builder = new AlignedTextBuilder(text);
        var at = 0;
        if (_file.RemoveExtraSpaces) while (at < text.Text.Length && Next(text.Text, at, out var end) == " ") at = end;
        if (at == text.Text.Length) return text.Slice(0, 0);
        if (pads && !_file.SpaceIsSuffix) builder.Write(_space, at, at);
        for (var afterSpace = _file.RemoveExtraSpaces; at < text.Text.Length;)
        {
            var written = Next(text.Text, at, out var end).AsSpan();
            if (afterSpace) written = written.TrimStart(' ');
            Write(written, at, end);
            if (written.Length > 0) afterSpace = _file.RemoveExtraSpaces && written[^1] == ' ';
            at = end;
        }

        while (_file.RemoveExtraSpaces && builder.Length > 0 && builder[builder.Length - 1] == _space[0])
            builder.Cut(builder.Length - 1);
        if (pads && _file.SpaceIsSuffix) builder.Write(_space, text.Text.Length, text.Text.Length);
        return builder.Build();

        void Write(ReadOnlySpan<char> written, int from, int to)
        {
            while (written.IndexOf(' ') is >= 0 and var space)
            {
                builder.Write(written[..space], from, to);
                builder.Write(_space, from, to);
                written = written[(space + 1)..];
            }

            builder.Write(written, from, to);
        }
    }

    // What stands for the characters at a place, and where they end.
    private string Next(string text, int at, out int end)
    {
        if (_userDefined is not null && _userDefined.Longest(text, at, out end) != TextTrie.None) return text[at..end];
        Rune.DecodeFromUtf16(text.AsSpan(at), out var rune, out var length);
        end = at + length;
        if (_rules is null) return rune.ToString();

        Span<byte> utf8 = stackalloc byte[LongestRule * 3];
        var bytes = Encoding.UTF8.GetBytes(text.AsSpan(at, Math.Min(LongestRule, text.Length - at)), utf8);
        var replaced = _rules.Longest(utf8[..bytes], out var replacement);
        if (replaced == 0) return rune.ToString();
        for (end = at; replaced > 0; end += length)
        {
            Rune.DecodeFromUtf16(text.AsSpan(end), out rune, out length);
            replaced -= rune.Utf8SequenceLength;
        }

        return Encoding.UTF8.GetString(replacement);
    }
}
