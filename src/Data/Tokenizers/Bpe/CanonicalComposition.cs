using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// Unicode's normal form C. string.Normalize does nothing here: a machine without ICU runs .NET in invariant mode.
/// Source: Unicode Standard Annex 15.
/// </summary>
internal static class CanonicalComposition
{
    private const int FirstCombining = 0x300;

    // Hangul syllables are composed by arithmetic (chapter 3.12 of the standard).
    private const int Syllables = 0xAC00;
    private const int Leads = 0x1100;
    private const int Vowels = 0x1161;
    private const int Tails = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28;

    private static readonly Dictionary<int, int[]> s_apart = [];
    private static readonly Dictionary<(int, int), int> s_pairs = [];
    private static readonly Dictionary<int, int> s_classes = [];

    static CanonicalComposition()
    {
        using var stream = typeof(CanonicalComposition).Assembly.GetManifestResourceStream("composition.txt")!;
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var words = line.Split(' ');
            int[] codes = [.. words[1..].Select(w => int.Parse(w, NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
            if (words[0] == "class") for (var code = codes[0]; code <= codes[1]; code++) s_classes[code] = codes[2];
            else s_apart[codes[0]] = codes[1..];
            if (words[0] == "pair") s_pairs[(codes[1], codes[2])] = codes[0];
        }
    }

    /// <summary>The text in normal form C.</summary>
    public static string Compose(string text)
    {
        if (text.All(c => c < FirstCombining)) return text;
        var codes = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes()) Decompose(rune.Value, codes);
        Order(codes);
        var result = new StringBuilder(text.Length);
        foreach (var code in Join(codes)) result.Append(new Rune(code));
        return result.ToString();
    }

    private static void Decompose(int code, List<int> codes)
    {
        if (code - Syllables is >= 0 and < LeadCount * VowelCount * TailCount and var syllable)
        {
            codes.Add(Leads + (syllable / (VowelCount * TailCount)));
            codes.Add(Vowels + (syllable / TailCount % VowelCount));
            if (syllable % TailCount > 0) codes.Add(Tails + (syllable % TailCount));
        }
        else if (s_apart.TryGetValue(code, out var parts))
        {
            foreach (var part in parts) Decompose(part, codes);
        }
        else
        {
            codes.Add(code);
        }
    }

    // Marks that follow each other are sorted by their class; those of one class keep their order.
    private static void Order(List<int> codes)
    {
        for (var from = 0; from < codes.Count; from++)
        {
            if (Class(codes[from]) == 0) continue;
            var to = from;
            while (to < codes.Count && Class(codes[to]) != 0) to++;
            int[] marks = [.. codes[from..to].OrderBy(Class)];
            for (var i = 0; i < marks.Length; i++) codes[from + i] = marks[i];
            from = to;
        }
    }

    private static List<int> Join(List<int> codes)
    {
        var result = new List<int>(codes.Count);
        var (starter, last) = (-1, -1);
        foreach (var code in codes)
        {
            var combining = Class(code);

            // A mark is blocked by one between it and its starter that has no lower class.
            if (starter >= 0 && last < combining && Composite(result[starter], code) is { } composite)
            {
                result[starter] = composite;
                continue;
            }

            if (combining == 0) (starter, last) = (result.Count, -1);
            else last = combining;
            result.Add(code);
        }

        return result;
    }

    private static int? Composite(int first, int second)
    {
        if (first - Leads is >= 0 and < LeadCount and var lead && second - Vowels is >= 0 and < VowelCount and var vowel)
            return Syllables + (((lead * VowelCount) + vowel) * TailCount);
        if (first - Syllables is >= 0 and < LeadCount * VowelCount * TailCount and var syllable && syllable % TailCount == 0
            && second - Tails is > 0 and < TailCount and var tail)
        {
            return first + tail;
        }

        return s_pairs.TryGetValue((first, second), out var composite) ? composite : null;
    }

    private static int Class(int code) => s_classes.GetValueOrDefault(code);
}
