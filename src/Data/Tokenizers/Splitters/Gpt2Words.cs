namespace LisaOrleans.Data;

/// <summary>Cuts as <see cref="KnownPatterns.Gpt2"/> does.</summary>
internal static class Gpt2Words
{
    /// <summary>Where the match at a place ends.</summary>
    public static int End(ReadOnlySpan<char> text, int at)
    {
        if (Contractions.Length(text, at, false) is > 0 and var length) return at + length;
        var from = text[at] == ' ' && at + 1 < text.Length ? at + 1 : at;
        var kind = CharacterKindsOf.At(text, from, out _);
        if ((kind & CharacterKinds.Letter) != 0) return CharacterKindsOf.Run(text, from, CharacterKinds.Letter);
        if ((kind & CharacterKinds.Number) != 0) return CharacterKindsOf.Run(text, from, CharacterKinds.Number);
        return (kind & CharacterKinds.Space) != 0
            ? CharacterKindsOf.Space(text, at, false)
            : CharacterKindsOf.OtherRun(text, from);
    }
}
