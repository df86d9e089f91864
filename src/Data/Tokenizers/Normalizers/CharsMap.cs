using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// SentencePiece's rules of what to write for which characters: a trie in a double array (as in the library darts-clone), then
/// the replacement texts, each ended by a zero byte. Source: SentencePiece's normalizer.
/// </summary>
internal sealed class CharsMap
{
    private const int SizeField = 4;
    private const int LongestGrapheme = 5;

    private readonly uint[] _units;
    private readonly byte[] _texts;

    private CharsMap(uint[] units, byte[] texts) => (_units, _texts) = (units, texts);

    /// <summary>Reads the rules; null where they are broken.</summary>
    public static CharsMap? Parse(ReadOnlySpan<byte> blob)
    {
        if (blob.Length <= SizeField) return null;
        var size = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (size % sizeof(uint) != 0 || size == 0 || size >= blob.Length - SizeField) return null;
        var units = new uint[size / sizeof(uint)];
        var rest = blob[SizeField..];
        for (var i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(rest[(i * sizeof(uint))..]);
        return new CharsMap(units, rest[(int)size..].ToArray());
    }

    /// <summary>Reads the field "precompiled_charsmap" of tokenizer.json.</summary>
    public static CharsMap Read(JsonField field) =>
        Parse(field.Bytes()) ?? throw field.Wrong("is not a precompiled character map of SentencePiece");

    /// <summary>The longest rule that a text begins with: how many bytes it replaces, 0 for none, and by what.</summary>
    public int Longest(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement) => Find(text, true, out replacement);

    /// <summary>
    /// As Hugging Face does: characters that are shown as one are looked up together if they are short, else one by one, and
    /// the shortest rule that they begin with replaces all of them.
    /// </summary>
    public AlignedText Normalize(AlignedText text)
    {
        var builder = new AlignedTextBuilder(text);
        for (var at = 0; at < text.Text.Length;)
        {
            var end = at + StringInfo.GetNextTextElementLength(text.Text.AsSpan(at));
            if (Encoding.UTF8.GetByteCount(text.Text.AsSpan(at..end)) <= LongestGrapheme && TryWrite(at, end))
            {
                at = end;
                continue;
            }

            while (at < end)
            {
                Rune.DecodeFromUtf16(text.Text.AsSpan(at), out _, out var length);
                if (!TryWrite(at, at + length)) builder.Copy(at, at + length);
                at += length;
            }
        }

        return builder.Build();

        bool TryWrite(int from, int to)
        {
            if (Find(Encoding.UTF8.GetBytes(text.Text[from..to]), false, out var replacement) == 0) return false;
            builder.Write(Encoding.UTF8.GetString(replacement), from, to);
            return true;
        }
    }

    private int Find(ReadOnlySpan<byte> text, bool longest, out ReadOnlySpan<byte> replacement)
    {
        var (found, at) = (0, 0u);
        var node = Offset(_units[0]);
        for (var i = 0; i < text.Length && text[i] != 0; i++)
        {
            node ^= text[i];
            if (node >= _units.Length || (_units[node] & 0x800000FF) != text[i]) break;
            var unit = _units[node];
            node ^= Offset(unit);
            if (node >= _units.Length) break;
            if ((unit >> 8 & 1) == 0) continue;
            (found, at) = (i + 1, _units[node] & 0x7FFFFFFF);
            if (!longest) break;
        }

        replacement = at < _texts.Length ? _texts.AsSpan((int)at) : default;
        var end = replacement.IndexOf((byte)0);
        if (end >= 0) replacement = replacement[..end];
        return found;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
}
