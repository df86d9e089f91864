using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using LisaOrleans.Data.Jinja;

namespace LisaOrleans.Data;

/// <summary>
/// Refuses what a template of a folder does not write: a field or a variable that its code never names, and a turn's field that changes
/// nothing in what it makes of any <see cref="TemplateProbe"/>. That it leaves a field out of other turns is its own affair, but for
/// <see cref="WrittenReasoning"/>; and so is a field that has a comment of its own: <c>{# thinking #}</c>.
/// </summary>
/// <param name="source">The folder's templates.</param>
/// <param name="render">What they write of a conversation; null where they refuse it.</param>
internal sealed class WrittenFields(ChatTemplateSource source, Func<Example, string?> render)
{
    private const string Sentinel = "Zq7fieldZq7";

    // They say which call a result belongs to, and most templates go by the order instead.
    private static readonly string[] s_order = ["role", "content", "tool_call_id", "tool_name"];

    private readonly ConcurrentDictionary<(string Name, string Role, bool Tools), bool> _written = new();
    private readonly Lazy<Words> _chat = new(() => new Words(source.Chat));
    private readonly Lazy<Words> _toolUse = new(() => new Words(source.ToolUse ?? source.Chat));

    /// <exception cref="DatasetException">Part of the example would be silently lost.</exception>
    public void Check(Example example, string template)
    {
        if (Unwritten(example) is not { Name: var name, Role: var role }) return;
        var never = role is null ? "never names it" : $"never writes it in turns of role '{role}'";
        throw new DatasetException(
            $"field '{name}' is not used: the model's chat template ({template}) {never}. To train without it: --ignore-fields {name}");
    }

    /// <summary>A field or a variable of the example that the template does not write; null where it writes all.</summary>
    public UnwrittenField? Unwritten(Example example)
    {
        var words = (example.Tools is null ? _chat : _toolUse).Value;
        foreach (var (name, role) in Names(example).Distinct())
        {
            if (words.IsCommented(name)) continue;
            if (!words.IsNamed(name)) return new UnwrittenField(name, null);

            // What becomes of calls, WrittenTurns looks at.
            if (role is not null && name != "tool_calls" && !IsWritten(name, role, example)) return new UnwrittenField(name, role);
        }

        return null;
    }

    /// <summary>Whether the template that writes an example has a comment of a field's own.</summary>
    public bool IsCommented(string name, Example example) => (example.Tools is null ? _chat : _toolUse).Value.IsCommented(name);

    private static IEnumerable<(string Name, string? Role)> Names(Example example)
    {
        if (example.Tools is not null) yield return ("tools", null);
        foreach (var variable in example.TemplateVariables.Keys) yield return (variable, null);
        foreach (var message in example.Messages)
        {
            if (message.Fields is not { } fields) continue;

            // Of one that is empty, nothing is lost.
            foreach (var field in fields.EnumerateObject().Where(f => f.Value.ValueKind != JsonValueKind.String || !f.Value.ValueEquals("")))
                if (!s_order.Contains(field.Name) && !(field.Name == "name" && message.Role == TurnRole.Tool))
                    yield return (field.Name, message.Role);
        }
    }

    // The variables may ask for it.
    private bool IsWritten(string name, string role, Example example) =>
        _written.GetOrAdd((name, role, example.Tools is not null), key => IsSeen(key.Name, key.Role, new Example(), key.Tools))
        || (example.TemplateVariables.Count > 0 && IsSeen(name, role, example, example.Tools is not null));

    // Where the template refuses all of them, it says so of the record as well.
    private bool IsSeen(string name, string role, Example variables, bool tools)
    {
        var isRefused = true;
        foreach (var (without, with) in TemplateProbe.WithField(role, name, Sentinel, tools))
        {
            var (before, after) = (Render(without), Render(with));
            if (before != after) return true;
            isRefused &= before is null;
        }

        return isRefused;

        string? Render(Example probe) => render(probe with { TemplateVariables = variables.TemplateVariables });
    }

    // What a template's code names: prose does not count, neither between tags nor in texts.
    private sealed class Words
    {
        private readonly string _source;
        private readonly HashSet<string>? _named;
        private readonly ConcurrentDictionary<string, bool> _commented = new();

        public Words(string source)
        {
            _source = source;
            try
            {
                var words = Lexer.Read(source).Where(t => t.Kind is TokenKind.Name or TokenKind.String);
                _named = [.. words.SelectMany(t => t.Text.Split('.'))];
            }
            catch (JinjaException)
            {
                // Whoever renders it says what is wrong.
            }
        }

        public bool IsNamed(string name) => _named?.Contains(name) != false;

        public bool IsCommented(string name) => _commented.GetOrAdd(
            name, n => Regex.IsMatch(
                _source, $@"\{{#[-+]?\s*{Regex.Escape(n)}\s*[-+]?#\}}", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking));
    }
}
