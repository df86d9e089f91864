using System.Globalization;
using System.Text;

namespace LisaOrleans.Data.Jinja;

/// <summary>
/// Python's cases: Unicode's full mappings, of which .NET has only the simple ones. casing.txt holds the others, as Unicode's
/// SpecialCasing.txt and UnicodeData.txt give them: a character, its upper case and its title case.
/// </summary>
internal static class TextCase
{
    private static readonly Dictionary<int, (string Upper, string Title)> s_special = ReadSpecial();

    public static string Upper(string text) => Ascii.IsValid(text) ? text.ToUpperInvariant() : Map(text, (r, _) => Upper(r));

    public static string Lower(string text) =>
        Ascii.IsValid(text) ? text.ToLowerInvariant() : Map(text, (r, at) => Lower(r, text, at));

    public static string Capitalize(string text)
    {
        if (text.Length == 0) return "";
        var first = Rune.GetRuneAt(text, 0);
        return Title(first) + Lower(text)[Lower(first.ToString()).Length..];
    }

    /// <summary>Every run of letters begins with a capital.</summary>
    public static string Title(string text)
    {
        var inWord = false;
        return Map(text, (rune, at) =>
        {
            var written = inWord ? Lower(rune, text, at) : Title(rune);
            inWord = PythonText.IsCased(rune);
            return written;
        });
    }

    public static string Swap(string text) =>
        Map(text, (r, at) => Rune.IsUpper(r) ? Lower(r, text, at) : Rune.IsLower(r) ? Upper(r) : r.ToString());

    public static bool IsLower(string text) => text.EnumerateRunes().Any(Rune.IsLower)
        && !text.EnumerateRunes().Any(r => PythonText.IsCased(r) && !Rune.IsLower(r));

    public static bool IsUpper(string text) => text.EnumerateRunes().Any(Rune.IsUpper)
        && !text.EnumerateRunes().Any(r => PythonText.IsCased(r) && !Rune.IsUpper(r));

    public static bool IsTitle(string text)
    {
        var (cased, any) = (false, false);
        foreach (var rune in text.EnumerateRunes())
        {
            var isUpper = PythonText.IsCased(rune) && !Rune.IsLower(rune);
            if (isUpper ? cased : Rune.IsLower(rune) && !cased) return false;
            cased = PythonText.IsCased(rune);
            any |= cased;
        }

        return any;
    }

    public static bool IsDecimal(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.DecimalDigitNumber;

    public static bool IsDigit(Rune rune) => IsDecimal(rune) || CharUnicodeInfo.GetDigitValue(rune.ToString(), 0) >= 0;

    public static bool IsNumeric(Rune rune) => IsDigit(rune) || CharUnicodeInfo.GetNumericValue(rune.ToString(), 0) >= 0;

    private static string Upper(Rune rune) =>
        s_special.TryGetValue(rune.Value, out var special) ? special.Upper : Rune.ToUpperInvariant(rune).ToString();

    private static string Title(Rune rune) =>
        s_special.TryGetValue(rune.Value, out var special) ? special.Title : Rune.ToUpperInvariant(rune).ToString();

    // The only letter whose lower case depends on its place in a text is the sigma.
    private static string Lower(Rune rune, string text, int at) => rune.Value switch
    {
        'İ' => "i̇",
        'Σ' when EndsWord(text, at) => "ς",
        _ => Rune.ToLowerInvariant(rune).ToString(),
    };

    private static string Map(string text, Func<Rune, int, string> map)
    {
        var output = new StringBuilder(text.Length);
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            output.Append(map(rune, at));
            at += rune.Utf16SequenceLength;
        }

        return output.ToString();
    }

    // Unicode's Final_Sigma: a cased letter before, none after, whatever has no case of its own in between.
    private static bool EndsWord(string text, int at)
    {
        var before = text[..at].EnumerateRunes().Reverse().SkipWhile(IsIgnored).Take(1).Any(PythonText.IsCased);
        return before && !text[(at + 1)..].EnumerateRunes().SkipWhile(IsIgnored).Take(1).Any(PythonText.IsCased);
    }

    private static bool IsIgnored(Rune rune) => rune.Value is '\'' or '.' or ':' or '\u00B7' or '\u2019' or '\u2018' or '\u2024' or '\u2027'
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format
            or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol;

    private static Dictionary<int, (string Upper, string Title)> ReadSpecial()
    {
        using var stream = typeof(TextCase).Assembly.GetManifestResourceStream("casing.txt")!;
        using var reader = new StreamReader(stream);
        var special = new Dictionary<int, (string, string)>();
        while (reader.ReadLine() is { } line)
        {
            var fields = line.Split(' ');
            special[Rune.GetRuneAt(fields[0], 0).Value] = (fields[1], fields[2]);
        }

        return special;
    }
}
