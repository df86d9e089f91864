using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.Data;

/// <summary>Small conversations that show what a template does with turns of a role, and with calls of tools.</summary>
internal static class TemplateProbe
{
    /// <summary>What calls give the tool, in plain letters, since templates may escape others.</summary>
    public const string Argument = "Zq7argumentZq7";

    // Mistral's templates demand ids of nine characters.
    private const string CallId = "call00001";
    private const string Function = "look_up";

    private static readonly string?[] s_contents = [null, "", "a"];

    private static readonly JsonElement s_tools = JsonElement.Parse(
        $$$"""
        [{"type": "function", "function": {"name": "{{{Function}}}", "description": "d", "parameters": {"type": "object",
          "properties": {"x": {"type": "string", "description": "d"} }, "required": ["x"]} } }]
        """);

    /// <summary>Conversations with a turn of a role that people write besides questions and answers.</summary>
    /// <param name="role">system, developer or tool.</param>
    /// <param name="content">What the turn says.</param>
    /// <param name="tools">Whether the conversation has tools.</param>
    /// <param name="isPrompt">Whether a question may end it.</param>
    public static IEnumerable<Example> WithRole(string role, string content, bool tools, bool isPrompt)
    {
        if (role == TurnRole.Tool)
            return [.. s_contents.SelectMany(c => WithCall(c, content, tools)), Of(tools, [Question, Answer, Result(content), Answer])];
        ChatMessage[] asked = [new ChatMessage(role, content), Question];
        var answered = Of(tools, [.. asked, Answer]);
        return isPrompt ? [answered, Of(tools, asked)] : [answered];
    }

    /// <summary>Conversations with a call of a tool and its result.</summary>
    /// <param name="content">The content of the turn that calls.</param>
    /// <param name="result">What the tool answers.</param>
    /// <param name="tools">Whether the conversations have tools.</param>
    public static IEnumerable<Example> WithCall(string? content, string result, bool tools)
    {
        ChatMessage[] called = [Question, Call(content), Result(result)];
        return [Of(tools, [.. called, Answer]), Of(tools, called)];
    }

    /// <summary>Conversations without and with a field in the last turn of a role.</summary>
    /// <param name="role">The role.</param>
    /// <param name="field">The field.</param>
    /// <param name="value">What it says.</param>
    /// <param name="tools">Whether the conversations have tools.</param>
    public static IEnumerable<(Example Without, Example With)> WithField(string role, string field, string value, bool tools)
    {
        ChatMessage[][] chats = role is TurnRole.System or TurnRole.Developer
            ? [[new ChatMessage(role, "s"), Question], [new ChatMessage(role, "s"), Question, Answer]]
            :
            [
                [Question], [Question, Answer], [Question, Answer, Question],
                .. s_contents.SelectMany(IEnumerable<ChatMessage[]> (c) =>
                    [[Question, Call(c)], [Question, Call(c), Result("r")], [Question, Call(c), Result("r"), Answer]]),
            ];
        foreach (var chat in chats)
        {
            if (Array.FindLastIndex(chat, m => m.Role == role) is not (>= 0 and var turn)) continue;
            ChatMessage[] changed = [.. chat];
            changed[turn] = With(chat[turn], field, value);
            yield return (Of(tools, chat), Of(tools, changed));
        }
    }

    /// <summary>A turn with a field set.</summary>
    public static ChatMessage With(ChatMessage message, string field, string value)
    {
        var fields = message.Fields is { } given
            ? JsonObject.Create(given)!
            : new() { ["role"] = message.Role, ["content"] = message.Content };
        fields[field] = value;
        return message with { Fields = JsonSerializer.SerializeToElement(fields) };
    }

    /// <summary>Whether a turn calls tools.</summary>
    public static bool Calls(ChatMessage message) => message.Fields?.TryGetProperty("tool_calls", out _) == true;

    private static ChatMessage Question => new(TurnRole.User, "q");

    private static ChatMessage Answer => new(TurnTemplate.Assistant, "a");

    private static Example Of(bool tools, IReadOnlyList<ChatMessage> messages) => new() { Messages = messages, Tools = tools ? s_tools : null };

    private static ChatMessage Call(string? content) => new(TurnTemplate.Assistant, content ?? "")
    {
        Fields = JsonSerializer.SerializeToElement(new
        {
            role = TurnTemplate.Assistant,
            content,
            tool_calls = new[] { new { id = CallId, type = "function", function = new { name = Function, arguments = new { x = Argument } } } },
        }),
    };

    private static ChatMessage Result(string content) => new(TurnRole.Tool, content)
    {
        Fields = JsonSerializer.SerializeToElement(new { role = TurnRole.Tool, content, tool_call_id = CallId, name = Function }),
    };
}
