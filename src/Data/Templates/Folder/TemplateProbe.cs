using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>Small conversations that show what a template does with turns of a role, and with calls of tools.</summary>
internal static class TemplateProbe
{
    // Mistral's templates demand ids of nine characters.
    private const string CallId = "call00001";
    private const string Function = "look_up";

    private static readonly JsonElement s_tools = JsonElement.Parse(
        $$$"""
        [{"type": "function", "function": {"name": "{{{Function}}}", "description": "d", "parameters": {"type": "object",
          "properties": {"x": {"type": "string", "description": "d"} }, "required": ["x"]} } }]
        """);

    /// <summary>Conversations with a turn of a role that people write besides questions and answers.</summary>
    /// <param name="role">system, developer or tool.</param>
    /// <param name="content">What the turn says.</param>
    /// <param name="tools">Whether the conversation has tools.</param>
    public static IEnumerable<Example> WithRole(string role, string content, bool tools) => role == TurnRole.Tool
        ? WithCalls(tools, content)
        : [Of(tools, [new ChatMessage(role, content), Question, Answer])];

    /// <summary>Conversations with a call of a tool, in the forms in which templates take it, and its result.</summary>
    /// <param name="tools">Whether they have tools.</param>
    /// <param name="result">What the tool answers.</param>
    public static IEnumerable<Example> WithCalls(bool tools, string result)
    {
        foreach (var content in (string?[])[null, "", "a"])
        {
            ChatMessage[] called = [Question, Call(content), Result(result)];
            yield return Of(tools, [.. called, Answer]);
            yield return Of(tools, called);
        }

        yield return Of(tools, [Question, Answer, Result(result), Answer]);
    }

    private static ChatMessage Question => new(TurnRole.User, "q");

    private static ChatMessage Answer => new(TurnTemplate.Assistant, "a");

    private static Example Of(bool tools, IReadOnlyList<ChatMessage> messages) => new() { Messages = messages, Tools = tools ? s_tools : null };

    private static ChatMessage Call(string? content) => new(TurnTemplate.Assistant, content ?? "")
    {
        Fields = JsonSerializer.SerializeToElement(new
        {
            role = TurnTemplate.Assistant,
            content,
            tool_calls = new[] { new { id = CallId, type = "function", function = new { name = Function, arguments = new { x = "y" } } } },
        }),
    };

    private static ChatMessage Result(string content) => new(TurnRole.Tool, content)
    {
        Fields = JsonSerializer.SerializeToElement(new { role = TurnRole.Tool, content, tool_call_id = CallId, name = Function }),
    };
}
