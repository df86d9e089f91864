using System.Text;

namespace LisaOrleans.Data;

/// <summary>
/// A normal form of Unicode. string.Normalize does nothing here: .NET runs in invariant mode, as it must on a machine
/// without ICU. Source: Unicode Standard Annex 15.
/// </summary>
internal sealed class NormalForm
{
    private readonly bool _compatible;
    private readonly bool _compose;

    // Characters that a form may change, or that may join the one before.
    private readonly HashSet<int> _unstable = [];
    private readonly int _firstUnstable;

    private NormalForm(bool compatible, bool compose)
    {
        (_compatible, _compose) = (compatible, compose);
        _unstable.UnionWith(UnicodeTable.Classes.Keys);
        if (compose) _unstable.UnionWith(UnicodeTable.Pairs.Keys.Select(p => p.Second));
        var apart = compatible ? UnicodeTable.Parts.Keys.Concat(UnicodeTable.CompatibleParts.Keys) : UnicodeTable.Parts.Keys;
        foreach (var code in apart) if (Normalize([code]) is not [var same] || same != code) _unstable.Add(code);
        _firstUnstable = _unstable.Min();
    }

    public static NormalForm C { get; } = new(false, true);

    public static NormalForm D { get; } = new(false, false);

    public static NormalForm KC { get; } = new(true, true);

    public static NormalForm KD { get; } = new(true, false);

    /// <summary>A text in this form.</summary>
    public string Apply(string text) => Apply(new AlignedText(text, 0, false)).Text;

    /// <summary>A text in this form; characters that join come from the same place.</summary>
    public AlignedText Apply(AlignedText text)
    {
        if (text.Text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(_firstUnstable - 1)) < 0) return text;
        AlignedTextBuilder? builder = null;
        var (copied, chunk) = (0, 0);
        for (var at = 0; at < text.Text.Length;)
        {
            // What is unstable belongs to the stable character before it.
            Rune.DecodeFromUtf16(text.Text.AsSpan(at), out var rune, out var length);
            if (!IsUnstable(rune.Value))
            {
                (chunk, at) = (at, at + length);
                continue;
            }

            while (at < text.Text.Length)
            {
                Rune.DecodeFromUtf16(text.Text.AsSpan(at), out rune, out length);
                if (!IsUnstable(rune.Value)) break;
                at += length;
            }

            builder ??= new AlignedTextBuilder(text);
            builder.Copy(copied, chunk);
            builder.Write(Write(Normalize([.. text.Text[chunk..at].EnumerateRunes().Select(r => r.Value)])), chunk, at);
            copied = chunk = at;
        }

        if (builder is null) return text;
        builder.Copy(copied, text.Text.Length);
        return builder.Build();
    }

    private static string Write(List<int> codes) => string.Concat(codes.Select(c => new Rune(c).ToString()));

    private static int Class(int code) => UnicodeTable.Classes.GetValueOrDefault(code);

    private bool IsUnstable(int code) =>
        code >= _firstUnstable && (_unstable.Contains(code) || (_compose ? Hangul.IsPart(code) : Hangul.IsSyllable(code)));

    private List<int> Normalize(ReadOnlySpan<int> text)
    {
        var codes = new List<int>(text.Length);
        foreach (var code in text) Decompose(code, codes);
        Order(codes);
        return _compose ? Join(codes) : codes;
    }

    private void Decompose(int code, List<int> codes)
    {
        var isMade = UnicodeTable.Parts.TryGetValue(code, out var parts)
            || (_compatible && UnicodeTable.CompatibleParts.TryGetValue(code, out parts));
        if (Hangul.IsSyllable(code)) Hangul.Decompose(code, codes);
        else if (!isMade) codes.Add(code);
        else foreach (var part in parts!) Decompose(part, codes);
    }

    // Consecutive marks are sorted by their class; those of one class keep their order.
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

    private static int? Composite(int first, int second) =>
        Hangul.Compose(first, second) ?? (UnicodeTable.Pairs.TryGetValue((first, second), out var composite) ? composite : null);
}
