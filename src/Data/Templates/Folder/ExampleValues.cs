using System.Text.Json;
using LisaOrleans.Data.Jinja;

namespace LisaOrleans.Data;

/// <summary>An example as values of a template, each made once however often the template is run on a part of it.</summary>
internal sealed class ExampleValues
{
    private static readonly TextValue s_content = JinjaValue.Of("content");
    private readonly Dictionary<ChatMessage, DictValue> _messages = new(ReferenceEqualityComparer.Instance);
    private readonly JinjaValue _tools;
    private readonly KeyValuePair<string, JinjaValue>[] _own;
    private readonly CallForm _calls;

    /// <param name="example">The example.</param>
    /// <param name="calls">How the template takes calls.</param>
    public ExampleValues(Example example, CallForm calls)
    {
        (Example, _calls) = (example, calls);
        _tools = example.Tools is { } tools ? JsonValues.Of(tools) : NoneValue.Instance;
        _own = [.. example.TemplateVariables.Where(v => v.Key is not ("messages" or "tools" or "add_generation_prompt"))
            .Select(v => Variable(v.Key, JsonValues.Of(v.Value)))];
    }

    public Example Example { get; }

    /// <summary>What transformers gives a template, later ones before earlier ones of the same name.</summary>
    /// <param name="messages">The example's messages, or some of them.</param>
    /// <param name="addGenerationPrompt">Whether what begins the assistant's turn is to be written at the end.</param>
    public IEnumerable<KeyValuePair<string, JinjaValue>> Variables(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt) =>
    [
        Variable("documents", NoneValue.Instance),
        Variable("messages", new ListValue([.. messages.Select(Message)])),
        Variable("tools", _tools),
        Variable("add_generation_prompt", JinjaValue.Of(addGenerationPrompt)),
        .. _own,
    ];

    private DictValue Message(ChatMessage message)
    {
        if (!_messages.TryGetValue(message, out var value)) _messages.Add(message, value = Read(message));
        return value;
    }

    private DictValue Read(ChatMessage message)
    {
        if (message.Fields is not { ValueKind: JsonValueKind.Object } fields)
            return JsonValues.Dict([Variable("role", JinjaValue.Of(message.Role)), Variable("content", JinjaValue.Of(message.Content))]);
        var turn = (DictValue)JsonValues.Of(fields);
        if (_calls == default || turn.Find(JinjaValue.Of("tool_calls")) is not ListValue calls) return turn;
        if (_calls.NullContent && turn.Find(s_content) is TextValue { Text: "" }) turn.Set(s_content, NoneValue.Instance);
        if (_calls.TextArguments) foreach (var call in calls.Elements) WriteArguments(call);
        return turn;
    }

    private static void WriteArguments(JinjaValue call)
    {
        var name = JinjaValue.Of("arguments");
        if (call is not DictValue dict || dict.Find(JinjaValue.Of("function")) is not DictValue function) return;
        if (function.Find(name) is { } value and not TextValue) function.Set(name, JinjaValue.Of(Jinja.JsonText.Plain().Write(value)));
    }

    private static KeyValuePair<string, JinjaValue> Variable(string name, JinjaValue value) => KeyValuePair.Create(name, value);
}
