namespace LisaOrleans.Data;

/// <summary>Cuts as <see cref="KnownPatterns.Gpt4o"/> does.</summary>
internal static class Gpt4oWords
{
    private const int NoMatch = -1;

    /// <summary>Where the match at a place ends.</summary>
    public static int End(ReadOnlySpan<char> text, int at)
    {
        var kind = CharacterKindsOf.At(text, at, out var length);
        var mayLead = (kind & (CharacterKinds.Letter | CharacterKinds.Number | CharacterKinds.LineEnd)) == 0;
        var word = mayLead ? Lowered(text, at + length) : NoMatch;
        if (word == NoMatch) word = Lowered(text, at);
        if (word == NoMatch && mayLead) word = Capitals(text, at + length);
        if (word == NoMatch) word = Capitals(text, at);
        if (word != NoMatch) return word + Contractions.Length(text, word, true);

        if ((kind & CharacterKinds.Number) != 0) return CharacterKindsOf.Numbers(text, at, 3);
        var next = CharacterKindsOf.At(text, at + length, out _);
        var takesSpace = text[at] == ' ' && (next & (CharacterKinds.Space | CharacterKinds.Number)) == 0;
        if ((kind & CharacterKinds.Space) != 0 && !takesSpace)
            return CharacterKindsOf.Space(text, at, true);
        var end = CharacterKindsOf.OtherRun(text, text[at] == ' ' ? at + 1 : at);
        while (end < text.Length && text[end] is ('\r' or '\n' or '/')) end++;
        return end;
    }

    // [Upper]*[Lower]+: where no small letter follows the capitals, the match ends with the last of them that counts as both.
    private static int Lowered(ReadOnlySpan<char> text, int at)
    {
        var (end, both) = (at, NoMatch);
        while (end < text.Length)
        {
            var kind = CharacterKindsOf.At(text, end, out var length);
            if ((kind & CharacterKinds.Upper) == 0) break;
            end += length;
            if ((kind & CharacterKinds.Lower) != 0) both = end;
        }

        var lower = CharacterKindsOf.Run(text, end, CharacterKinds.Lower);
        return lower > end ? lower : both;
    }

    // [Upper]+[Lower]*, where no small letter follows.
    private static int Capitals(ReadOnlySpan<char> text, int at) =>
        CharacterKindsOf.Run(text, at, CharacterKinds.Upper) is var end && end > at ? end : NoMatch;
}
