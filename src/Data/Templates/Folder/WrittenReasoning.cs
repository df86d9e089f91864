using System.Collections.Concurrent;
using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// Finds learned turns whose reasoning a template of a folder leaves out, so that the model would learn to answer without it: in a field,
/// or in the content before its mark. DeepSeek R1's writes none; most write only that of turns after the last question.
/// </summary>
/// <param name="render">What the template writes of a conversation; null where it refuses it.</param>
/// <param name="isCommented">Whether the template has a comment of a field's own, by which it says that it may leave that out.</param>
internal sealed class WrittenReasoning(Func<Example, string?> render, Func<string, Example, bool> isCommented)
{
    // Plain letters, since templates may escape others.
    private const string Sentinel = "Zq7reasoningZq7";

    private static readonly string[] s_fields = ["reasoning_content", "reasoning", "thinking"];

    // Those by which templates know it: most families', EXAONE's and Gemma's.
    private static readonly (string Begin, string End)[] s_marks =
        [("<think>", "</think>"), ("<thought>", "</thought>"), ("<|channel>", "<channel|>")];

    private readonly ConcurrentDictionary<(string Form, bool IsLast, bool IsAsked, bool Calls, bool Tools), bool> _written = new();

    /// <summary>How many learned turns before the last of them are written without their reasoning.</summary>
    /// <param name="example">The conversation.</param>
    /// <param name="isLearned">Which turns are learned.</param>
    /// <param name="text">What the template writes of it.</param>
    /// <param name="spans">The parts of the text that are learned, those of each turn in one; null where more is learned.</param>
    /// <param name="template">The template's name.</param>
    /// <exception cref="DatasetException">So is the last.</exception>
    public int Check(
        Example example, Func<ChatMessage, bool> isLearned, string text, IReadOnlyList<LearnedSpan>? spans, string template)
    {
        var learned = Enumerable.Range(0, example.Messages.Count).Where(i => isLearned(example.Messages[i])).ToList();
        var last = learned.FindLast(i => example.Messages[i].Role == TurnTemplate.Assistant);

        // Where the last question has no answer yet, it is an earlier turn to the template.
        string[] rest = [.. example.Messages.Skip(last + 1).Select(m => m.Role)];
        if (rest.Contains(TurnRole.User) && !rest.Contains(TurnTemplate.Assistant)) last = -1;
        var lost = 0;
        foreach (var (at, turn) in learned.Index())
        {
            if (example.Messages[turn].Role != TurnTemplate.Assistant) continue;

            // Marks of generation may be more or fewer than turns.
            var said = spans?.Count == learned.Count ? text.AsSpan(spans[at].Start..spans[at].End) : text;
            foreach (var part in Parts(example.Messages[turn], example))
            {
                if (Stands(part, said) || IsWritten(part, turn, example)) continue;
                if (turn == last) throw Lost(part, turn, template);
                lost++;
                break;
            }
        }

        return lost;
    }

    private IEnumerable<Part> Parts(ChatMessage message, Example example)
    {
        var content = Content(message);
        foreach (var (begin, end) in s_marks)
        {
            if (content.LastIndexOf(end, StringComparison.Ordinal) is not (> 0 and var at)) continue;
            var reasoning = content[..at].Trim();
            if (reasoning.StartsWith(begin, StringComparison.Ordinal)) reasoning = reasoning[begin.Length..].Trim();
            if (reasoning.Length > 0)
                yield return new Part(end, IsField: false, reasoning, content[(at + end.Length)..].Trim());
        }

        if (message.Fields is not { } fields) yield break;
        foreach (var field in s_fields)
        {
            if (fields.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String
                && value.GetString()!.Trim() is { Length: > 0 } reasoning && !isCommented(field, example))
                yield return new Part(field, IsField: true, reasoning, content.Trim());
        }
    }

    // Whether it stands in the text, and the answer after it.
    private static bool Stands(Part part, ReadOnlySpan<char> text) =>
        text.IndexOf(part.Reasoning, StringComparison.Ordinal) is >= 0 and var place
            && text[(place + part.Reasoning.Length)..].Contains(part.Answer, StringComparison.Ordinal);

    // The template may write it in other words.
    private bool IsWritten(Part part, int turn, Example example)
    {
        var message = example.Messages[turn];
        var isAsked = example.Messages.Skip(turn).Any(m => m.Role == TurnRole.User);
        var key = (part.Form, turn == example.Messages.Count - 1, isAsked, TemplateProbe.Calls(message), example.Tools is not null);
        return _written.GetOrAdd(key, _ =>
        {
            var probe = part.IsField ? TemplateProbe.With(message, part.Form, Sentinel) : WithReasoning(message, part.Form);
            return render(example with { Messages = [.. example.Messages.Select((m, i) => i == turn ? probe : m)] })
                ?.Contains(Sentinel, StringComparison.Ordinal) != false;
        });
    }

    private static ChatMessage WithReasoning(ChatMessage message, string end)
    {
        var content = Content(message);
        content = content.Insert(content.LastIndexOf(end, StringComparison.Ordinal), Sentinel);
        return (message.Fields is null ? message : TemplateProbe.With(message, "content", content)) with { Content = content };
    }

    private static DatasetException Lost(Part part, int turn, string template) => new(
        part.IsField
            ? $"field '{part.Form}' of turn {turn} is not used: the model's chat template ({template}) leaves it out there, and the model "
                + "would learn to answer without it. Give the model's folder a template that writes it; or to train without it: "
                + $"--ignore-fields {part.Form}"
            : $"turn {turn} has reasoning before '{part.Form}', and the model's chat template ({template}) leaves it out: the model would "
                + "learn to answer without it. Give the model's folder a template that writes it, choose one by --template, or take it out of "
                + "the data");

    // As the template sees it.
    private static string Content(ChatMessage message) =>
        message.Fields is { } fields && fields.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String
            ? content.GetString()!
            : message.Content;

    // Form: the field, or the mark that ends it in the content.
    private sealed record Part(string Form, bool IsField, string Reasoning, string Answer);
}
