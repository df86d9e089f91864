namespace LisaOrleans.Data;

/// <summary>
/// What train-on-prompt learns of a conversation: everything, and each turn that says how much it counts, by that. So a turn
/// of weight 0 is context only.
/// </summary>
internal static class LearnedPrompts
{
    /// <summary>Whether a turn says that it counts otherwise than all the rest.</summary>
    public static bool IsMarked(ChatMessage message) => WeightOf(message) != 1;

    /// <summary>The conversation for a template that writes segments.</summary>
    public static IReadOnlyList<ChatMessage> Of(IReadOnlyList<ChatMessage> messages) => [.. messages.Select(m => m with { Train = m.Train ?? true })];

    /// <summary>The conversation with only the marked turns to learn, to find their places.</summary>
    public static Example MarkedTurns(Example example) => example with
    {
        Messages = [.. example.Messages.Select(m => m with { Train = IsMarked(m), Weight = WeightOf(m) })],
    };

    /// <summary>The whole text as spans: those of marked turns, and all that lies between them, which counts once.</summary>
    /// <param name="marked">Spans in their order, which do not overlap.</param>
    /// <param name="length">Characters of the text.</param>
    public static IReadOnlyList<LearnedSpan> Whole(IReadOnlyList<LearnedSpan> marked, int length)
    {
        var spans = new List<LearnedSpan>();

        // The first includes empty tokens before the first character.
        var at = -1;
        foreach (var span in marked.Append(new LearnedSpan(length, length, 1)))
        {
            if (span.Start > at) spans.Add(new LearnedSpan(at, span.Start, 1));
            if (span.End > span.Start) spans.Add(span);
            at = span.End;
        }

        return spans;
    }

    private static float WeightOf(ChatMessage message) => message.Train == false ? 0 : message.Weight;
}
