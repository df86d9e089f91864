namespace LisaOrleans.Data;

/// <summary>The pieces that a text is cut into step by step; no token crosses their borders.</summary>
internal sealed class PieceList
{
    private readonly List<TextSegment> _cuts = [];
    private List<TextSegment> _pieces = [];
    private List<TextSegment> _next = [];

    public AlignedText Text { get; private set; } = new("", 0, false);

    /// <summary>Whether the text stands at the very beginning of what is encoded.</summary>
    public bool BeginsText { get; private set; }

    public IReadOnlyList<TextSegment> Pieces => _pieces;

    /// <summary>Begins with a whole text.</summary>
    public void Reset(AlignedText text, bool beginsText)
    {
        (Text, BeginsText) = (text, beginsText);
        _pieces.Clear();
        if (text.Text.Length > 0) _pieces.Add(new TextSegment(0, text.Text.Length, false));
    }

    /// <summary>Cuts each piece; empty ones are left out.</summary>
    public void Cut(SegmentFinder find, SplitBehavior behavior)
    {
        _next.Clear();
        foreach (var piece in _pieces)
        {
            _cuts.Clear();
            find(Text.Text.AsSpan(piece.Start, piece.Length), _cuts);
            behavior.Join(_cuts);
            foreach (var cut in _cuts)
                if (cut.Length > 0) _next.Add(new TextSegment(piece.Start + cut.Start, piece.Start + cut.End, false));
        }

        (_pieces, _next) = (_next, _pieces);
    }

    /// <summary>Rewrites each piece, given its number.</summary>
    public void Rewrite(Action<AlignedTextBuilder, TextSegment, int> write)
    {
        var builder = new AlignedTextBuilder(Text);
        _next.Clear();
        for (var i = 0; i < _pieces.Count; i++)
        {
            var from = builder.Length;
            write(builder, _pieces[i], i);
            _next.Add(new TextSegment(from, builder.Length, false));
        }

        Text = builder.Build();
        (_pieces, _next) = (_next, _pieces);
    }
}
