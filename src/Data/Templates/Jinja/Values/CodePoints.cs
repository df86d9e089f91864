namespace LisaOrleans.Data.Jinja;

/// <summary>Code points of well-formed UTF-16 text.</summary>
internal static class CodePoints
{
    /// <summary>How many there are.</summary>
    public static int Count(ReadOnlySpan<char> text)
    {
        var low = 0;
        var rest = text;
        for (int at; (at = rest.IndexOfAnyInRange('\uDC00', '\uDFFF')) >= 0; rest = rest[(at + 1)..]) low++;
        return text.Length - low;
    }

    /// <summary>UTF-16 units of the one at a place.</summary>
    public static int Width(string text, int at) => char.IsHighSurrogate(text[at]) ? 2 : 1;

    /// <summary>The place <paramref name="count"/> code points after <paramref name="from"/>.</summary>
    public static int Offset(string text, int from, int count)
    {
        for (; count > 0; count--) from += Width(text, from);
        return from;
    }

    /// <summary>Order by code points: UTF-16's own puts what lies beyond the basic plane before U+E000.</summary>
    public static int Compare(string left, string right)
    {
        var common = left.AsSpan().CommonPrefixLength(right);
        if (common == left.Length || common == right.Length) return left.Length.CompareTo(right.Length);
        var (l, r) = (left[common], right[common]);
        return char.IsSurrogate(l) != char.IsSurrogate(r) ? (char.IsSurrogate(l) ? 1 : -1) : l.CompareTo(r);
    }
}
