namespace LisaOrleans.Data;

/// <summary>Cuts as <see cref="KnownPatterns.Gpt4"/> and <see cref="KnownPatterns.Qwen"/> do.</summary>
internal static class Gpt4Words
{
    /// <summary>Where the match at a place ends, with up to three digits in one.</summary>
    public static int EndWith3Digits(ReadOnlySpan<char> text, int at) => End(text, at, 3);

    /// <summary>Where the match at a place ends, with each digit by itself.</summary>
    public static int EndWith1Digit(ReadOnlySpan<char> text, int at) => End(text, at, 1);

    private static int End(ReadOnlySpan<char> text, int at, int digits)
    {
        if (Contractions.Length(text, at, true) is > 0 and var contraction) return at + contraction;
        var kind = CharacterKindsOf.At(text, at, out var length);
        if ((kind & CharacterKinds.Letter) != 0) return CharacterKindsOf.Run(text, at, CharacterKinds.Letter);
        if ((kind & CharacterKinds.Number) != 0) return CharacterKindsOf.Numbers(text, at, digits);

        // A word includes any one character before it, except a line end.
        var next = CharacterKindsOf.At(text, at + length, out _);
        if ((kind & CharacterKinds.LineEnd) == 0 && (next & CharacterKinds.Letter) != 0)
            return CharacterKindsOf.Run(text, at + length, CharacterKinds.Letter);
        var takesSpace = text[at] == ' ' && (next & (CharacterKinds.Space | CharacterKinds.Number)) == 0;
        if ((kind & CharacterKinds.Space) != 0 && !takesSpace)
            return CharacterKindsOf.Space(text, at, true);
        var end = CharacterKindsOf.OtherRun(text, text[at] == ' ' ? at + 1 : at);
        return CharacterKindsOf.Run(text, end, CharacterKinds.LineEnd);
    }
}
