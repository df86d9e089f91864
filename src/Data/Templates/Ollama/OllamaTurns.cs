using System.Globalization;
using System.Text;

namespace LisaOrleans.Data;

/// <summary>What a chat template writes around what is said, as far as Ollama's templates, Go's text/template, can say it.</summary>
internal sealed record OllamaTurns
{
    /// <value>Before everything.</value>
    public string Front { get; init; } = "";

    /// <value>After that where no system message is given: some templates then write one of their own.</value>
    public string WithoutSystem { get; init; } = "";

    /// <value>Before and after a system message; null where the template writes none.</value>
    public (string Before, string After)? System { get; init; }

    /// <value>Before the first of the user's turns: without a system message, with one, and before later turns.</value>
    public required (string First, string AfterSystem, string Later) BeforeUser { get; init; }

    /// <value>After a user's turn.</value>
    public string AfterUser { get; init; } = "";

    /// <value>Before an answer, and after one that is not the last turn.</value>
    public required (string Before, string After) Answer { get; init; }

    /// <value>After the last turn, for the model to go on.</value>
    public required string Prompt { get; init; }

    /// <summary>Whether a Modelfile can hold all of it.</summary>
    public bool IsWritable => Texts.All(t => !t.Contains("\"\"\"", StringComparison.Ordinal) && t.EnumerateRunes().All(IsKept));

    private IEnumerable<string> Texts =>
    [
        Front, WithoutSystem, System?.Before ?? "", System?.After ?? "", BeforeUser.First, BeforeUser.AfterSystem, BeforeUser.Later,
        AfterUser, Answer.Before, Answer.After, Prompt,
    ];

    /// <summary>What <see cref="Write"/> writes for a conversation that is to go on.</summary>
    public string Render(IReadOnlyList<ChatMessage> messages)
    {
        var hasSystem = messages.Any(m => m.Role == TurnRole.System);
        var text = new StringBuilder(Front);
        if (!hasSystem) text.Append(WithoutSystem);
        var later = false;
        foreach (var (i, message) in messages.Index())
        {
            var last = i == messages.Count - 1;
            switch (message.Role)
            {
                case TurnRole.System when System is { } system:
                    text.Append(system.Before).Append(message.Content).Append(system.After);
                    break;

                case TurnRole.User:
                    text.Append(later ? BeforeUser.Later : hasSystem ? BeforeUser.AfterSystem : BeforeUser.First);
                    text.Append(message.Content).Append(AfterUser);
                    later = true;
                    break;

                case TurnTemplate.Assistant:
                    text.Append(Answer.Before).Append(message.Content);
                    if (!last) text.Append(Answer.After);
                    break;
            }

            if (last && message.Role != TurnTemplate.Assistant) text.Append(Prompt);
        }

        return text.ToString();
    }

    /// <summary>
    /// The text of a TEMPLATE. Where the last turn is an answer, the model goes on with it, as Ollama's own templates have it.
    /// </summary>
    public string Write()
    {
        var (first, afterSystem, later) = BeforeUser;
        var afterFirst = System is null || afterSystem == first
            ? Literal(first)
            : $$$"""{{ if $.System }}{{{Literal(afterSystem)}}}{{ else }}{{{Literal(first)}}}{{ end }}""";
        var counts = first != later || (System is not null && afterSystem != later);
        var user = counts
            ? $$$"""{{ if $later }}{{{Literal(later)}}}{{ else }}{{{afterFirst}}}{{ end }}{{ $later = true }}"""
            : Literal(later);

        var text = new StringBuilder(Literal(Front));
        if (WithoutSystem.Length > 0) text.Append($$$"""{{ if not .System }}{{{Literal(WithoutSystem)}}}{{ end }}""");
        if (counts) text.Append("{{ $later := false }}");
        text.Append("{{ range $i, $_ := .Messages }}{{ $last := eq (len (slice $.Messages $i)) 1 }}");
        text.Append($$$"""{{ if eq .Role "user" }}{{{user}}}{{ .Content }}{{{Literal(AfterUser)}}}""");
        text.Append($$$"""{{ else if eq .Role "assistant" }}{{{Literal(Answer.Before)}}}{{ .Content }}""");
        if (Answer.After.Length > 0) text.Append($$$"""{{ if not $last }}{{{Literal(Answer.After)}}}{{ end }}""");
        if (System is { } system)
            text.Append($$$"""{{ else if eq .Role "system" }}{{{Literal(system.Before)}}}{{ .Content }}{{{Literal(system.After)}}}""");
        text.Append("{{ end }}");
        if (Prompt.Length > 0) text.Append($$$"""{{ if and $last (ne .Role "assistant") }}{{{Literal(Prompt)}}}{{ end }}""");
        return text.Append("{{ end }}").ToString();
    }

    // A brace of the text, beside those of an action, would be taken for one of them.
    private static string Literal(string text) => text.Replace("{", """{{ "{" }}""", StringComparison.Ordinal);

    // Ollama drops from a Modelfile what Go's strconv.IsPrint refuses, but for white space.
    private static bool IsKept(Rune rune) => rune.Value is ' ' or '\n' or '\t' || Rune.GetUnicodeCategory(rune)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse
            or UnicodeCategory.OtherNotAssigned or UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator);
}
