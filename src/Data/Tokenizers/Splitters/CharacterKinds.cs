using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>The kinds of characters that the expressions of well-known models tell apart.</summary>
[Flags]
internal enum CharacterKinds
{
    /// <summary>Punctuation, symbols, marks, control characters: [^\s\p{L}\p{N}].</summary>
    None = 0,

    /// <summary>\p{L}.</summary>
    Letter = 1,

    /// <summary>\p{N}.</summary>
    Number = 2,

    /// <summary>\s.</summary>
    Space = 4,

    /// <summary>[\r\n].</summary>
    LineEnd = 8,

    /// <summary>[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}].</summary>
    Upper = 16,

    /// <summary>[\p{Ll}\p{Lm}\p{Lo}\p{M}].</summary>
    Lower = 32,
}

/// <summary>Looks up kinds of characters.</summary>
internal static class CharacterKindsOf
{
    private const CharacterKinds NotOther = CharacterKinds.Letter | CharacterKinds.Number | CharacterKinds.Space;

    private static readonly byte[] s_kinds =
        [.. Enumerable.Range(0, 1 << 16).Select(c => (byte)Of(CharUnicodeInfo.GetUnicodeCategory((char)c), c))];

    /// <summary>The kind of the character at a place; space at the end, where no word continues.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">The place.</param>
    /// <param name="length">How many UTF-16 units it has.</param>
    public static CharacterKinds At(ReadOnlySpan<char> text, int at, out int length)
    {
        length = 1;
        if (at >= text.Length) return CharacterKinds.Space;
        if (!char.IsSurrogate(text[at])) return (CharacterKinds)s_kinds[text[at]];
        Rune.DecodeFromUtf16(text[at..], out var rune, out length);
        return Of(Rune.GetUnicodeCategory(rune), rune.Value);
    }

    /// <summary>Where a run of characters of some kind ends.</summary>
    public static int Run(ReadOnlySpan<char> text, int at, CharacterKinds kinds)
    {
        while (at < text.Length && (At(text, at, out var length) & kinds) != 0) at += length;
        return at;
    }

    /// <summary>Where a run of characters that are neither letters, numbers nor space ends.</summary>
    public static int OtherRun(ReadOnlySpan<char> text, int at)
    {
        while (at < text.Length && (At(text, at, out var length) & NotOther) == 0) at += length;
        return at;
    }

    /// <summary>Where a run of at most so many numbers ends.</summary>
    public static int Numbers(ReadOnlySpan<char> text, int at, int most)
    {
        for (var i = 0; i < most && at < text.Length; i++)
        {
            if ((At(text, at, out var length) & CharacterKinds.Number) == 0) break;
            at += length;
        }

        return at;
    }

    /// <summary>What \s*[\r\n]+|\s+(?!\S)|\s+ matches, or \s+(?!\S)|\s+ alone.</summary>
    public static int Space(ReadOnlySpan<char> text, int at, bool lines)
    {
        var end = Run(text, at, CharacterKinds.Space);
        if (lines && text[at..end].LastIndexOfAny('\r', '\n') is >= 0 and var line) return at + line + 1;

        // The last space belongs to the word after it.
        return end < text.Length && end - at > 1 ? end - 1 : end;
    }

    private static CharacterKinds Of(UnicodeCategory category, int code) => category switch
    {
        UnicodeCategory.LowercaseLetter => CharacterKinds.Letter | CharacterKinds.Lower,
        UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharacterKinds.Letter | CharacterKinds.Upper,
        UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter =>
            CharacterKinds.Letter | CharacterKinds.Lower | CharacterKinds.Upper,
        UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark =>
            CharacterKinds.Lower | CharacterKinds.Upper,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber =>
            CharacterKinds.Number,
        _ when code is '\r' or '\n' => CharacterKinds.Space | CharacterKinds.LineEnd,
        _ when code <= char.MaxValue && char.IsWhiteSpace((char)code) => CharacterKinds.Space,
        _ => CharacterKinds.None,
    };
}
