using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>Kinds of characters, as Hugging Face's Rust code counts them.</summary>
internal static class RuneKinds
{
    public static bool IsSpace(Rune rune) => Rune.IsWhiteSpace(rune);

    public static bool IsNumeric(Rune rune) =>
        Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber;

    /// <summary>Punctuation, and the symbols of ASCII, too.</summary>
    public static bool IsPunctuation(Rune rune) =>
        rune.IsAscii
            ? rune.Value is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~')
            : Rune.IsPunctuation(rune);

    /// <summary>\w of Rust's regular expressions. Source: Unicode Technical Standard 18, annex C.</summary>
    public static bool IsWord(Rune rune) => Rune.GetUnicodeCategory(rune) switch
    {
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation => true,
        <= UnicodeCategory.EnclosingMark => true,

        // Letters in circles and squares are alphabetic; joiners belong to words.
        UnicodeCategory.OtherSymbol => rune.Value is (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149)
            or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189),
        _ => rune.Value is 0x200C or 0x200D,
    };
}
