namespace LisaOrleans.Data;

/// <summary>A part of a text.</summary>
/// <param name="Start">Its first character.</param>
/// <param name="End">The place after its last character.</param>
/// <param name="Matches">Whether a pattern matched it, or it lies between matches.</param>
internal readonly record struct TextSegment(int Start, int End, bool Matches)
{
    public int Length => End - Start;
}

/// <summary>Finds the matches in a text and what lies between them: segments without gaps.</summary>
internal delegate void SegmentFinder(ReadOnlySpan<char> text, List<TextSegment> segments);

/// <summary>A step that cuts or rewrites pieces.</summary>
internal delegate void PieceStep(PieceList pieces);
