using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>Normalizers that rewrite each character.</summary>
internal static class RuneMappers
{
    /// <summary>Lower case, character by character: a sigma at a word's end is treated as any other.</summary>
    public static AlignedText Lowercase(AlignedText text) => Map(text, static rune => rune.Value switch
    {
        0x130 => "i\u0307",
        _ => Rune.ToLowerInvariant(rune) is var lower && lower == rune ? null : lower.ToString(),
    });

    /// <summary>Control characters go and all white space is a space. Source: SentencePiece's rule nmt.</summary>
    public static AlignedText Nmt(AlignedText text) => Map(text, static rune => rune.Value switch
    {
        (>= 0x1 and <= 0x8) or 0xB or (>= 0xE and <= 0x1F) or 0x7F or 0x8F or 0x9F => "",
        0x9 or 0xA or 0xC or 0xD or 0x1680 or (>= 0x200B and <= 0x200F) or 0x2028 or 0x2029 or 0x2581 or 0xFEFF or 0xFFFD => " ",
        _ => null,
    });

    /// <summary>BERT's "clean_text".</summary>
    public static AlignedText CleanText(AlignedText text) => Map(text, static rune => rune.Value switch
    {
        '\t' or '\n' or '\r' => " ",
        0 or 0xFFFD => "",
        _ when IsControl(rune) => "",
        _ => Rune.IsWhiteSpace(rune) ? " " : null,
    });

    /// <summary>BERT's "handle_chinese_chars".</summary>
    public static AlignedText SpaceAroundChinese(AlignedText text) => Map(text, static rune => rune.Value switch
    {
        (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
            or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF)
            or (>= 0x2F800 and <= 0x2FA1F) => $" {rune} ",
        _ => null,
    });

    /// <summary>Leaves characters out.</summary>
    public static TextNormalizer Without(Func<Rune, bool> leaveOut) => text => Map(text, rune => leaveOut(rune) ? "" : null);

    private static bool IsControl(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    // What to write for a character; null for itself.
    private static AlignedText Map(AlignedText text, Func<Rune, string?> map)
    {
        AlignedTextBuilder? builder = null;
        var copied = 0;
        for (var at = 0; at < text.Text.Length;)
        {
            Rune.DecodeFromUtf16(text.Text.AsSpan(at), out var rune, out var length);
            if (map(rune) is { } written)
            {
                builder ??= new AlignedTextBuilder(text);
                builder.Copy(copied, at);
                builder.Write(written, at, at + length);
                copied = at + length;
            }

            at += length;
        }

        if (builder is null) return text;
        builder.Copy(copied, text.Text.Length);
        return builder.Build();
    }
}
