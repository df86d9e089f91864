namespace LisaOrleans.Data;

/// <summary>What becomes of the matches that a text is split at.</summary>
internal sealed class SplitBehavior
{
    private static readonly SplitBehavior[] s_all =
    [
        new("Isolated", _ => { }),
        new("Removed", segments => segments.RemoveAll(s => s.Matches)),
        new("MergedWithPrevious", segments => Fold(segments, (last, next) => next.Matches && !last.Matches)),
        new("MergedWithNext", MergeWithNext),
        new("Contiguous", segments => Fold(segments, (last, next) => next.Matches == last.Matches)),
    ];

    private SplitBehavior(string name, Action<List<TextSegment>> join) => (Name, Join) = (name, join);

    public static SplitBehavior Isolated => s_all[0];

    public static SplitBehavior Removed => s_all[1];

    public static SplitBehavior WithNext => s_all[3];

    public static SplitBehavior Contiguous => s_all[4];

    /// <summary>As tokenizer.json calls it.</summary>
    public string Name { get; }

    /// <summary>Turns segments into pieces, in place.</summary>
    public Action<List<TextSegment>> Join { get; }

    public static SplitBehavior Read(JsonField field) =>
        Array.Find(s_all, b => b.Name == field.Text()) ?? throw field.Unsupported(field.Text(), [.. s_all.Select(b => b.Name)]);

    // Joins a segment to the one before; what counts is what that one was, not what it has been joined to.
    private static void Fold(List<TextSegment> segments, Func<TextSegment, TextSegment, bool> joins)
    {
        var (count, last) = (0, default(TextSegment));
        for (var i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            if (i > 0 && joins(last, segment)) segments[count - 1] = segments[count - 1] with { End = segment.End };
            else segments[count++] = segment;
            last = segment;
        }

        segments.RemoveRange(count, segments.Count - count);
    }

    private static void MergeWithNext(List<TextSegment> segments)
    {
        // Hugging Face goes from the right: of matches in a row the last joins what comes next.
        segments.Reverse();
        var (count, last) = (0, default(TextSegment));
        for (var i = 0; i < segments.Count; i++)
        {
            var segment = segments[i];
            var joins = i > 0 && segment.Matches && !last.Matches;
            if (joins) segments[count - 1] = segments[count - 1] with { Start = segment.Start };
            else segments[count++] = segment;
            last = segment;
        }

        segments.RemoveRange(count, segments.Count - count);
        segments.Reverse();
    }
}
