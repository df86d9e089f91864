namespace LisaOrleans.Data;

/// <summary>Reads the field "pre_tokenizer".</summary>
internal static class SplitterReader
{
    private static readonly SegmentFinder s_gpt2 = KnownPatterns.Find(KnownPatterns.Gpt2)!;

    /// <summary>
    /// The steps that cut a text into pieces. Where the last step writes bytes as characters, it is left out and reported
    /// instead: a model can take the bytes itself.
    /// </summary>
    /// <param name="field">The field; null for none.</param>
    /// <param name="addPrefixSpace">The add_prefix_space of ByteLevel that is no part of a Sequence; null for its own.</param>
    public static (IReadOnlyList<PieceStep> Steps, bool EndsInBytes) Read(JsonField? field, bool? addPrefixSpace = null)
    {
        var steps = new List<PieceStep>();
        if (field is not null) Add(field, steps, addPrefixSpace);
        var bytes = steps.Count > 0 && steps[^1] == WriteBytes;
        return (bytes ? steps[..^1] : steps, bytes);
    }

    /// <summary>Writes the bytes of all pieces as characters.</summary>
    public static void WriteBytes(PieceList pieces) =>
        pieces.Rewrite((builder, piece, _) => builder.WriteBytes(piece.Start, piece.End));

    private static void Add(JsonField field, List<PieceStep> steps, bool? addPrefixSpace = null)
    {
        var type = field.Required("type");
        switch (type.Text())
        {
            case "Sequence":
                foreach (var item in field.Required("pretokenizers").Items()) Add(item, steps);
                break;
            case "ByteLevel":
                if (addPrefixSpace ?? AddsPrefixSpace(field)) steps.Add(PrefixSpace);
                if (field.Optional("use_regex")?.Flag() ?? true) steps.Add(Cut(s_gpt2, SplitBehavior.Isolated));
                steps.Add(WriteBytes);
                break;
            case "Split":
                var behavior = SplitBehavior.Read(field.Required("behavior"));
                var find = PiecePattern.Read(field.Required("pattern"));
                steps.Add(Cut(field.Optional("invert")?.Flag() == true ? Invert(find) : find, behavior));
                break;
            case "Metaspace":
                MetaspaceSteps.Add(field, steps);
                break;
            case "Digits":
                var single = field.Optional("individual_digits")?.Flag() ?? false;
                steps.Add(Cut(RuneFinder.Of(RuneKinds.IsNumeric), single ? SplitBehavior.Isolated : SplitBehavior.Contiguous));
                break;
            case "Punctuation":
                var punctuation = field.Optional("behavior") is { } named ? SplitBehavior.Read(named) : SplitBehavior.Isolated;
                steps.Add(Cut(RuneFinder.Of(RuneKinds.IsPunctuation), punctuation));
                break;
            case "BertPreTokenizer":
                steps.Add(Cut(RuneFinder.Of(RuneKinds.IsSpace), SplitBehavior.Removed));
                steps.Add(Cut(RuneFinder.Of(RuneKinds.IsPunctuation), SplitBehavior.Isolated));
                break;
            case "Whitespace":
                steps.Add(Cut(RuneFinder.Of(RuneKinds.IsSpace), SplitBehavior.Removed));
                steps.Add(Cut(RuneFinder.Of(RuneKinds.IsWord), SplitBehavior.Contiguous));
                break;
            case "WhitespaceSplit":
                steps.Add(Cut(RuneFinder.Of(RuneKinds.IsSpace), SplitBehavior.Removed));
                break;
            case "CharDelimiterSplit":
                steps.Add(Cut(PiecePattern.Literal(field.Required("delimiter").Character()), SplitBehavior.Removed));
                break;
            case var other:
                throw type.Unsupported(
                    other, "Sequence", "ByteLevel", "Split", "Metaspace", "Digits", "Punctuation", "BertPreTokenizer",
                    "Whitespace", "WhitespaceSplit", "CharDelimiterSplit");
        }
    }

    /// <summary>Whether ByteLevel puts a space before a text.</summary>
    public static bool AddsPrefixSpace(JsonField bytes) => bytes.Optional("add_prefix_space")?.Flag() ?? true;

    private static PieceStep Cut(SegmentFinder find, SplitBehavior behavior) => pieces => pieces.Cut(find, behavior);

    private static SegmentFinder Invert(SegmentFinder find) => (text, segments) =>
    {
        find(text, segments);
        for (var i = 0; i < segments.Count; i++) segments[i] = segments[i] with { Matches = !segments[i].Matches };
    };

    private static void PrefixSpace(PieceList pieces)
    {
        if (pieces.Pieces.All(p => pieces.Text.Text[p.Start] == ' ')) return;
        pieces.Rewrite((builder, piece, _) =>
        {
            if (pieces.Text.Text[piece.Start] != ' ') builder.Write(" ", piece.Start, piece.Start);
            builder.Copy(piece.Start, piece.End);
        });
    }
}
