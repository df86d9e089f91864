using System.Globalization;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>What Python's str knows about characters: white space, line ends, words, cases.</summary>
internal static class PythonText
{
    /// <summary>str.isspace of one character: Unicode's white space, and the four separators of ASCII.</summary>
    public static bool IsSpace(char c) => c is >= '\x1C' and <= '\x1F' || char.IsWhiteSpace(c);

    /// <summary>str.strip().</summary>
    public static string Strip(string text) => StripEnd(StripStart(text));

    public static string StripStart(string text)
    {
        var start = 0;
        while (start < text.Length && IsSpace(text[start])) start++;
        return text[start..];
    }

    public static string StripEnd(string text)
    {
        var end = text.Length;
        while (end > 0 && IsSpace(text[end - 1])) end--;
        return text[..end];
    }

    /// <summary>str.splitlines(keepends).</summary>
    public static IEnumerable<string> Lines(string text, bool keepEnds = false)
    {
        for (int start = 0, end; start < text.Length; start = end)
        {
            var at = start;
            while (at < text.Length && !IsLineEnd(text[at])) at++;
            end = at + (at >= text.Length ? 0 : text[at] == '\r' && at + 1 < text.Length && text[at + 1] == '\n' ? 2 : 1);
            yield return text[start..(keepEnds ? end : at)];
        }
    }

    /// <summary>str.split() without a separator: words between white space.</summary>
    /// <param name="text">The text.</param>
    /// <param name="limit">How many cuts at most; negative for no limit.</param>
    public static IEnumerable<string> Words(string text, int limit)
    {
        var at = 0;
        while (true)
        {
            while (at < text.Length && IsSpace(text[at])) at++;
            if (at == text.Length) yield break;
            if (limit-- == 0)
            {
                yield return text[at..];
                yield break;
            }

            var start = at;
            while (at < text.Length && !IsSpace(text[at])) at++;
            yield return text[start..at];
        }
    }

    /// <summary>Whether repr() shows a character as it is.</summary>
    public static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or
        UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);

    /// <summary>A letter that has a case.</summary>
    public static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune) is
        UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter;

    /// <summary>A number's digits may have single underscores between them.</summary>
    public static bool RemoveUnderscores(string text, out string digits)
    {
        digits = text.Replace("_", "", StringComparison.Ordinal);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '_') continue;
            if (i == 0 || i == text.Length - 1 || !char.IsAsciiLetterOrDigit(text[i - 1]) || !char.IsAsciiLetterOrDigit(text[i + 1])) return false;
        }

        return digits.Length > 0;
    }

    /// <summary>repr() of a text.</summary>
    public static void AppendRepr(StringBuilder output, string text)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        output.Append(quote);
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '\n' => output.Append("\\n"),
                '\r' => output.Append("\\r"),
                '\t' => output.Append("\\t"),
                '\\' => output.Append("\\\\"),
                var c when c == quote => output.Append('\\').Append(quote),
                _ when IsPrintable(rune) => output.Append(rune.ToString()),
                < 0x100 => output.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"),
                < 0x10000 => output.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => output.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"),
            };
        }

        output.Append(quote);
    }

    private static bool IsLineEnd(char c) => c is '\n' or '\r' or '\v' or '\f' or (>= '\x1C' and <= '\x1E') or '\x85' or '\u2028' or '\u2029';
}
