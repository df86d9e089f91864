using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>
/// A regular expression that cuts text into pieces. .NET matches UTF-16 units and takes a character beyond U+FFFF for two
/// that are no letters; so it is shown one of the same category instead.
/// </summary>
internal sealed class PiecePattern(string pattern)
{
    // Only hostile expressions take seconds for a piece of text.
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    private readonly Regex _regex = new(pattern, RegexOptions.CultureInvariant, s_limit);

    /// <summary>The matches, and with <paramref name="keepRest"/> what lies between them.</summary>
    public IEnumerable<string> Split(string text, bool keepRest)
    {
        var (view, places) = View(text);
        var at = 0;
        foreach (Match match in _regex.Matches(view))
        {
            if (match.Length == 0) continue;
            var (from, to) = (Place(match.Index), Place(match.Index + match.Length));
            if (keepRest && from > at) yield return text[at..from];
            yield return text[from..to];
            at = to;
        }

        if (keepRest && at < text.Length) yield return text[at..];

        int Place(int index) => places is null ? index : places[index];
    }

    private static (string View, int[]? Places) View(string text)
    {
        if (!text.Any(char.IsSurrogate)) return (text, null);
        var view = new StringBuilder();
        var places = new List<int>();
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            places.Add(at);
            view.Append(rune.IsBmp ? (char)rune.Value : StandIn(Rune.GetUnicodeCategory(rune)));

            // Half of a pair by itself is one unit, though the rune that it is read as (U+FFFD) says so too.
            at += rune.Utf16SequenceLength;
        }

        return (view.ToString(), [.. places, at]);
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
