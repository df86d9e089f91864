namespace LisaOrleans.Data;

/// <summary>The ends of English words that have a piece of their own: 's, 't, 're, 've, 'm, 'll, 'd.</summary>
internal static class Contractions
{
    /// <summary>How long the one at a place is; 0 for none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="at">The place.</param>
    /// <param name="ignoreCase">Whether capitals count too.</param>
    public static int Length(ReadOnlySpan<char> text, int at, bool ignoreCase)
    {
        if (at + 1 >= text.Length || text[at] != '\'') return 0;
        var first = Fold(text[at + 1], ignoreCase);
        if (first is 's' or 't' or 'm' or 'd') return 2;
        if (at + 2 >= text.Length) return 0;
        return (first, Fold(text[at + 2], ignoreCase)) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;
    }

    // The long s is a small s to Unicode's case folding.
    private static char Fold(char c, bool ignoreCase) => (c, ignoreCase) switch
    {
        ('ſ', true) => 's',
        ( >= 'A' and <= 'Z', true) => (char)(c | 0x20),
        _ => c,
    };
}
