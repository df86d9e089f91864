using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>
/// A regular expression that cuts text into pieces. .NET matches UTF-16 units and takes a character beyond U+FFFF for two that
/// are not letters; so it is given one of the same category instead.
/// </summary>
internal sealed class PiecePattern
{
    // Only hostile expressions take seconds for one match, or this long for a text.
    private static readonly TimeSpan s_matchLimit = TimeSpan.FromSeconds(2);
    private const int BaseMilliseconds = 10_000;
    private const int CharactersPerMillisecond = 200;

    private readonly Regex _regex;

    /// <exception cref="ArgumentException">It is not an expression that can be translated; the message says why.</exception>
    public PiecePattern(string expression) =>
        _regex = new Regex(
            OnigurumaPattern.Translate(expression), RegexOptions.CultureInvariant | RegexOptions.Compiled, s_matchLimit);

    /// <summary>Reads a "pattern": {"String": ...} or {"Regex": ...}.</summary>
    public static SegmentFinder Read(JsonField field)
    {
        return field.Optional("String") is { } text ? Literal(text.Word()) : ReadExpression(field.Required("Regex"));
    }

    /// <summary>Reads an expression.</summary>
    public static SegmentFinder ReadExpression(JsonField expression)
    {
        if (KnownPatterns.Find(expression.Text()) is { } known) return known;
        try
        {
            return new PiecePattern(expression.Text()).Find;
        }
        catch (ArgumentException e)
        {
            throw expression.Wrong($"is not a regular expression that can be read: {e.Message}");
        }
    }

    /// <summary>Finds a literal text.</summary>
    public static SegmentFinder Literal(string literal) => (text, segments) =>
    {
        var at = 0;
        while (text[at..].IndexOf(literal, StringComparison.Ordinal) is >= 0 and var next)
        {
            if (next > 0) segments.Add(new TextSegment(at, at + next, false));
            segments.Add(new TextSegment(at + next, at + next + literal.Length, true));
            at += next + literal.Length;
        }

        if (at < text.Length) segments.Add(new TextSegment(at, text.Length, false));
    };

    /// <summary>The matches and what lies between; an empty match is a cut.</summary>
    public void Find(ReadOnlySpan<char> text, List<TextSegment> segments)
    {
        var places = View(ref text);
        var deadline = Environment.TickCount64 + BaseMilliseconds + (text.Length / CharactersPerMillisecond);
        var at = 0;
        foreach (var match in _regex.EnumerateMatches(text))
        {
            if (Environment.TickCount64 > deadline) throw new RegexMatchTimeoutException();
            Add(at, match.Index, false);
            segments.Add(new TextSegment(Place(match.Index), Place(match.Index + match.Length), true));
            at = match.Index + match.Length;
        }

        Add(at, text.Length, false);

        void Add(int from, int to, bool matches)
        {
            if (to > from) segments.Add(new TextSegment(Place(from), Place(to), matches));
        }

        int Place(int index) => places is null ? index : places[index];
    }

    private static int[]? View(ref ReadOnlySpan<char> text)
    {
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0) return null;
        var view = new StringBuilder();
        var places = new List<int>();
        for (var at = 0; at < text.Length;)
        {
            places.Add(at);
            Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
            view.Append(rune.IsBmp ? (char)rune.Value : StandIn(Rune.GetUnicodeCategory(rune)));
            at += length;
        }

        places.Add(text.Length);
        text = view.ToString();
        return [.. places];
    }

    private static char StandIn(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => 'Ā',
        UnicodeCategory.LowercaseLetter => 'ā',
        UnicodeCategory.ModifierLetter => 'ʰ',
        UnicodeCategory.OtherLetter => 'ƻ',
        UnicodeCategory.NonSpacingMark => '\u0300',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        UnicodeCategory.DecimalDigitNumber => '\u0660',
        UnicodeCategory.LetterNumber => '\u2160',
        UnicodeCategory.OtherNumber => '\u00B2',
        UnicodeCategory.OtherPunctuation => '\u00A7',
        UnicodeCategory.DashPunctuation => '\u2010',
        UnicodeCategory.MathSymbol => '\u00B1',
        UnicodeCategory.CurrencySymbol => '\u00A2',
        UnicodeCategory.ModifierSymbol => '\u02C2',
        UnicodeCategory.OtherSymbol => '\u00A6',
        UnicodeCategory.Format => '\u00AD',
        UnicodeCategory.PrivateUse => '\uE000',
        _ => '\u0378',
    };
}
