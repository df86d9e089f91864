using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// Which parts of a rendered conversation are learned: each learned turn, from where the model begins to write to its end of
/// turn. Generation blocks mark them where the template has such blocks. Otherwise the conversation is rendered up to the turn
/// and up to its end, and the whole text must begin with both. Templates that write earlier turns differently from the last,
/// such as without its thinking, break that: there the turn ends with the template's end of turn. Where none of this is
/// certain, the turn is refused.
/// </summary>
/// <param name="template">The template.</param>
/// <param name="values">The conversation, with the turns to find marked as learned.</param>
/// <param name="whole">What the template writes of it.</param>
/// <param name="marked">Whether to go by the template's generation blocks.</param>
/// <param name="closing">The template's end of turn, empty where it has none.</param>
/// <param name="inner">The end of turns that are not the last, where it may be another; else empty.</param>
/// <param name="instead">What helps a user whose turn is refused, besides other templates.</param>
internal sealed class LearnedSpans(
    FolderChatTemplate template, ExampleValues values, JinjaRendering whole, bool marked, string closing, string inner,
    string instead = "learn everything by --train-on-prompt")
{
    private const string Sentinel = "\uE000\uE001\uE002";

    private IReadOnlyList<ChatMessage> Messages => values.Example.Messages;

    public IReadOnlyList<LearnedSpan> Find()
    {
        if (marked && whole.Generated is null)
            throw Unclear(0, "its generation block lies in a macro or set block, whose text has no place yet");
        if (marked && whole.Generated!.Count > 0) return Marked(whole.Generated);

        var spans = new List<LearnedSpan>();
        for (var turn = 0; turn < Messages.Count; turn++)
        {
            if (!Messages[turn].IsLearned) continue;
            var start = Start(turn);
            var end = End(turn, start);
            if (spans.Count > 0 && start < spans[^1].End) throw Unclear(turn, "it overlaps the turn before");
            spans.Add(new LearnedSpan(start, end, Messages[turn].Weight));
        }

        return spans;
    }

    private IReadOnlyList<LearnedSpan> Marked(IReadOnlyList<(int Start, int End)> marks)
    {
        var turns = Enumerable.Range(0, Messages.Count).Where(i => Messages[i].Role == TurnTemplate.Assistant).ToList();
        if (Messages.All(m => m.IsLearned == (m.Role == TurnTemplate.Assistant)) && turns.Select(i => Messages[i].Weight).Distinct().Count() <= 1)
            return [.. marks.Select(m => new LearnedSpan(m.Start, m.End, turns.Count > 0 ? Messages[turns[0]].Weight : 1))];
        if (marks.Count != turns.Count)
            throw Unclear(turns.FirstOrDefault(i => Messages[i].LearnedWeight != 1), $"it marks {marks.Count} parts of {turns.Count} answers");
        var stranger = Enumerable.Range(0, Messages.Count).FirstOrDefault(
            i => Messages[i].IsLearned && Messages[i].Role != TurnTemplate.Assistant, -1);
        if (stranger >= 0) throw Unclear(stranger, $"it marks what the assistant says, and the turn is of role {Messages[stranger].Role}");
        return [.. marks.Zip(turns).Where(m => Messages[m.Second].IsLearned)
            .Select(m => new LearnedSpan(m.First.Start, m.First.End, Messages[m.Second].Weight))];
    }

    private DatasetException Unclear(int turn, string reason) => template.Unclear(turn, reason, instead);

    private int Start(int turn)
    {
        var isAnswer = Messages[turn].Role == TurnTemplate.Assistant;
        var prompt = Try([.. Messages.Take(turn)], addGenerationPrompt: isAnswer);
        if (prompt is not null && whole.Text.StartsWith(prompt, StringComparison.Ordinal)) return prompt.Length;

        // The generation prompt may hold more than the turn begins with here, such as the beginning of thinking.
        if (Messages[turn] is not { Content.Length: > 0, Fields: null })
            throw Unclear(turn, "the conversation up to it, with a generation prompt, does not begin the whole");
        return ContentOf(turn) ?? throw Unclear(turn, "neither the conversation up to it nor its header begins the whole");
    }

    // Where a turn's content begins; null where that cannot be seen.
    private int? ContentOf(int turn)
    {
        var messages = Messages.ToArray();
        messages[turn] = messages[turn] with { Content = Sentinel };
        return Try(messages, addGenerationPrompt: false) is { } text && text.IndexOf(Sentinel, StringComparison.Ordinal) is var at and >= 0
            && whole.Text.AsSpan().StartsWith(text.AsSpan(0, at)) ? at : null;
    }

    private int End(int turn, int start)
    {
        var mark = closing.Trim();
        var until = Try([.. Messages.Take(turn + 1)], addGenerationPrompt: false);
        if (until is not null && until.Length > start && whole.Text.StartsWith(until, StringComparison.Ordinal))
        {
            // A last turn may lack the end that others have.
            var isOpen = mark.Length > 0 && !until.TrimEnd().EndsWith(mark, StringComparison.Ordinal);
            return isOpen && whole.Text.AsSpan(until.Length).StartsWith(mark) ? until.Length + mark.Length : until.Length;
        }

        if (InnerEnd(turn, start) is { } end) return end;
        if (mark.Length == 0) throw Unclear(turn, "the conversation up to its end does not begin the whole, and no end of turn is known");
        if (Messages[turn].Content.Contains(mark, StringComparison.Ordinal) || (Messages[turn].Fields is { } fields && Holds(fields, mark)))
            throw Unclear(turn, $"it holds the end of turn '{mark}' itself");
        var at = whole.Text.IndexOf(mark, start, StringComparison.Ordinal);
        if (at < 0) throw Unclear(turn, $"no end of turn '{mark}' follows it");
        at = WithTail(at, closing);
        return turn + 1 < Messages.Count && Messages[turn + 1].Fields is null && ContentOf(turn + 1) < at
            ? throw Unclear(turn, "its end of turn stands behind the beginning of the next")
            : at;
    }

    // In texts as templates write them: JSON may escape what they hold.
    private static bool Holds(JsonElement value, string mark) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Contains(mark, StringComparison.Ordinal),
        JsonValueKind.Array => value.EnumerateArray().Any(item => Holds(item, mark)),
        JsonValueKind.Object => value.EnumerateObject().Any(m => m.Name.Contains(mark, StringComparison.Ordinal) || Holds(m.Value, mark)),
        _ => false,
    };

    // Where earlier turns end otherwise than the last, as gpt-oss's do: the last such end before the next turn's content.
    private int? InnerEnd(int turn, int start)
    {
        var mark = inner.Trim();
        if (mark.Length == 0 || mark == closing.Trim() || turn + 1 == Messages.Count || Messages[turn + 1].Fields is not null) return null;
        if (Messages[turn + 1].Content.Length == 0 || ContentOf(turn + 1) is not { } next || next <= start) return null;
        var between = whole.Text.AsSpan(start, next - start);
        if (closing.Trim() is { Length: > 0 } last && between.Contains(last, StringComparison.Ordinal)) return null;
        var at = between.LastIndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? null : WithTail(start + at, inner);
    }

    // Where an end of turn ends that begins at a place without its white space, with the white space after it.
    private int WithTail(int at, string end)
    {
        var trimmed = end.TrimStart();
        at += trimmed.TrimEnd().Length;
        var tail = trimmed.AsSpan(trimmed.TrimEnd().Length);
        return whole.Text.AsSpan(at).StartsWith(tail) ? at + tail.Length : at;
    }

    // A template may refuse a part of a conversation that it accepts as a whole.
    private string? Try(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt)
    {
        // Once written, the whole need not be written again.
        if (!addGenerationPrompt && messages.Count == Messages.Count && messages.SequenceEqual(Messages, ReferenceEqualityComparer.Instance))
            return whole.Text;
        return template.TryRender(values, messages, addGenerationPrompt);
    }
}
