using System.Text;

namespace LisaOrleans.Data;

/// <summary>Finds characters of a kind, each a match of its own.</summary>
internal static class RuneFinder
{
    public static SegmentFinder Of(Func<Rune, bool> matches) => (text, segments) =>
    {
        var from = 0;
        for (var at = 0; at < text.Length;)
        {
            Rune.DecodeFromUtf16(text[at..], out var rune, out var length);
            if (matches(rune))
            {
                if (at > from) segments.Add(new TextSegment(from, at, false));
                segments.Add(new TextSegment(at, at + length, true));
                from = at + length;
            }

            at += length;
        }

        if (text.Length > from) segments.Add(new TextSegment(from, text.Length, false));
    };
}
