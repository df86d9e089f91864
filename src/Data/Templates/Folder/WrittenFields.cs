using System.Collections.Concurrent;
using System.Text.RegularExpressions;

namespace LisaOrleans.Data;

/// <summary>Refuses what a template of a folder does not write: a field or a variable that its text never names.</summary>
/// <param name="source">The folder's templates.</param>
internal sealed class WrittenFields(ChatTemplateSource source)
{
    // They say which call a result belongs to, and most templates go by the order instead.
    private static readonly string[] s_order = ["role", "content", "tool_call_id", "tool_name"];

    private readonly ConcurrentDictionary<(string Name, bool ToolUse), bool> _named = new();

    /// <exception cref="DatasetException">Part of the example would be silently lost.</exception>
    public void Check(Example example, string template)
    {
        if (Unwritten(example) is { } name)
            throw new DatasetException(
                $"field '{name}' is not used: the model's chat template ({template}) never names it. To train without it: --ignore-fields {name}");
    }

    /// <summary>A field or a variable of the example that the template never names; null where it names all.</summary>
    public string? Unwritten(Example example)
    {
        var toolUse = example.Tools is not null && source.ToolUse is not null;
        return Names(example).FirstOrDefault(
            name => !_named.GetOrAdd((name, toolUse), key => Mentions(key.ToolUse ? source.ToolUse! : source.Chat, key.Name)));
    }

    private static IEnumerable<string> Names(Example example)
    {
        if (example.Tools is not null) yield return "tools";
        foreach (var variable in example.TemplateVariables.Keys) yield return variable;
        foreach (var message in example.Messages)
        {
            if (message.Fields is not { } fields) continue;
            foreach (var field in fields.EnumerateObject())
                if (!s_order.Contains(field.Name) && !(field.Name == "name" && message.Role == TurnRole.Tool)) yield return field.Name;
        }
    }

    // As a word: enable_thinking does not name thinking.
    private static bool Mentions(string text, string name) =>
        Regex.IsMatch(text, $@"\b{Regex.Escape(name)}\b", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
}
