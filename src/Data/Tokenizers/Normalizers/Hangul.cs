namespace LisaOrleans.Data;

/// <summary>Korean syllables, which are composed by arithmetic. Source: the Unicode Standard, chapter 3.12.</summary>
internal static class Hangul
{
    private const int Syllables = 0xAC00;
    private const int Leads = 0x1100;
    private const int Vowels = 0x1161;
    private const int Tails = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28;

    public static bool IsSyllable(int code) => code - Syllables is >= 0 and < LeadCount * VowelCount * TailCount;

    /// <summary>Whether it may join the character before it.</summary>
    public static bool IsPart(int code) => code is >= Vowels and < Tails + TailCount;

    public static void Decompose(int syllable, List<int> codes)
    {
        var index = syllable - Syllables;
        codes.Add(Leads + (index / (VowelCount * TailCount)));
        codes.Add(Vowels + (index / TailCount % VowelCount));
        if (index % TailCount > 0) codes.Add(Tails + (index % TailCount));
    }

    public static int? Compose(int first, int second)
    {
        if (first - Leads is >= 0 and < LeadCount and var lead && second - Vowels is >= 0 and < VowelCount and var vowel)
            return Syllables + (((lead * VowelCount) + vowel) * TailCount);
        return IsSyllable(first) && (first - Syllables) % TailCount == 0 && second - Tails is > 0 and < TailCount and var tail
            ? first + tail
            : null;
    }
}
