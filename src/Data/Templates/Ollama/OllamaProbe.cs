namespace LisaOrleans.Data;

/// <summary>Learns from conversations what a chat template writes around what is said.</summary>
/// <param name="render">
/// Writes a conversation, followed by what begins an answer or not; null where the template refuses it.
/// </param>
internal sealed class OllamaProbe(Func<IReadOnlyList<ChatMessage>, bool, string?> render)
{
    // In plain letters, since templates may escape others, and with what no template writes by itself.
    private static readonly ChatMessage s_system = new(TurnRole.System, "Zq7systemZq7");

    private static readonly ChatMessage[] s_turns =
        [.. Enumerable.Range(0, 5).Select(i => new ChatMessage(i % 2 == 0 ? TurnRole.User : TurnTemplate.Assistant, $"Zq7turn{i}Zq7"))];

    /// <summary>What it writes; null where Ollama's form cannot say it.</summary>
    public OllamaTurns? Find()
    {
        if (Around(s_turns, true) is not [var first, var answer, var later, var answer2, var later2, var end]) return null;
        if (answer != answer2 || later != later2) return null;
        (string, string)? system = null;
        ChatMessage[] asked = [s_system, .. s_turns[..3]];
        if (render(asked, true)?.Contains(s_system.Content, StringComparison.Ordinal) == true)
        {
            if (Around(asked, true) is not [var before, var after, var a, var l, var e] || (a, l, e) != (answer, later, end)) return null;
            system = (before, after);
        }

        OllamaTurns?[] forms = [Apart(first, answer, later, end, system), Joined(first, answer, later, end, system)];
        return forms.OfType<OllamaTurns>().FirstOrDefault(IsExact);
    }

    // Each turn by itself, so that turns may follow each other in any order.
    private OllamaTurns? Apart(string first, string answer, string later, string end, (string Before, string After)? system)
    {
        if (Around(s_turns[..1], false) is not [_, var afterUser]) return null;
        if (Around(s_turns[..2], false) is not [_, _, var afterAnswer]) return null;
        if (!answer.StartsWith(afterUser, StringComparison.Ordinal) || !end.StartsWith(afterUser, StringComparison.Ordinal)) return null;
        if (!later.StartsWith(afterAnswer, StringComparison.Ordinal)) return null;
        var header = later[afterAnswer.Length..];
        if (!first.EndsWith(header, StringComparison.Ordinal)) return null;
        if (system is { } given && !given.After.EndsWith(header, StringComparison.Ordinal)) return null;
        return new OllamaTurns
        {
            WithoutSystem = first[..^header.Length],
            System = system is { } written ? (written.Before, written.After[..^header.Length]) : null,
            BeforeUser = (header, header, header),
            AfterUser = afterUser,
            Answer = (answer[afterUser.Length..], afterAnswer),
            Prompt = end[afterUser.Length..],
        };
    }

    // What stands between two turns as one, where it is another between others: for a system message within the user's turn.
    private static OllamaTurns Joined(string first, string answer, string later, string end, (string Before, string After)? system) => new()
    {
        System = system is { } written ? (written.Before, "") : null,
        BeforeUser = (first, system?.After ?? first, later),
        Answer = (answer, ""),
        Prompt = end,
    };

    private bool IsExact(OllamaTurns turns) => Conversations(turns.System is not null).All(m => turns.Render(m) == render(m, true));

    private static IEnumerable<ChatMessage[]> Conversations(bool system)
    {
        ChatMessage[] turns =
        [
            new(TurnRole.User, "What is 2 + 2?"), new(TurnTemplate.Assistant, "4.\n\n* Two and two"), new(TurnRole.User, "And\n3 + 3?"),
            new(TurnTemplate.Assistant, "6"), new(TurnRole.User, "Thanks"),
        ];
        foreach (var count in (int[])[1, 3, 5])
        {
            yield return turns[..count];
            if (system) yield return [new(TurnRole.System, "Be brief.\nBe kind."), .. turns[..count]];
        }
    }

    // The texts before, between and after what is said; null where it is not written once each, in order.
    private string[]? Around(IReadOnlyList<ChatMessage> messages, bool prompt)
    {
        if (render(messages, prompt) is not { } text) return null;
        var texts = new List<string>();
        foreach (var message in messages)
        {
            if (text.Split(message.Content) is not [var before, var rest]) return null;
            texts.Add(before);
            text = rest;
        }

        return [.. texts, text];
    }
}
