namespace LisaOrleans.Api.Tests;

public sealed class ToolErrorTests
{
    private const string User = """{"role": "user", "content": "a"}""";
    private const string Tool = """{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}""";
    private const string Call =
        """{"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]}""";

    [Theory]
    [InlineData("[]", "", "empty_array", "tools")]
    [InlineData("{}", "", "invalid_type", "tools")]
    [InlineData("[1]", "", "invalid_type", "tools[0]")]
    [InlineData("""[{"type": "custom"}]""", "", "unsupported_parameter", "tools[0].type")]
    [InlineData("""[{"type": "function"}]""", "", "missing_required_parameter", "tools[0].function")]
    [InlineData("""[{"type": "function", "function": {"name": "a b"}}]""", "", "invalid_value", "tools[0].function.name")]
    [InlineData("""[{"type": "function", "function": {"name": "a", "parameters": []}}]""", "", "invalid_type", "tools[0].function.parameters")]
    [InlineData("""[{"type": "function", "function": {"name": "a", "strict": true}}]""", "", "unsupported_parameter", "tools[0].function.strict")]
    [InlineData("""[{"type": "function", "function": {"name": "a", "warmth": 1}}]""", "", "unknown_parameter", "tools[0].function.warmth")]
    [InlineData("""[{"type": "function", "function": {"name": "a", "description": "\ud83d"}}]""", "", "invalid_json", null)]
    [InlineData("""[{"type": "function", "function": {"name": "a", "parameters": {"\ud83d": 1}}}]""", "", "invalid_json", null)]
    [InlineData($"[{Tool}, {Tool}]", "", "invalid_value", "tools")]
    [InlineData($"[{Tool}]", """, "tool_choice": "required" """, "unsupported_parameter", "tool_choice")]
    [InlineData($"[{Tool}]", """, "tool_choice": {"type": "function", "function": {"name": "look_up"}} """, "unsupported_parameter", "tool_choice")]
    [InlineData($"[{Tool}]", """, "tool_choice": 1 """, "invalid_type", "tool_choice")]
    [InlineData($"[{Tool}]", """, "parallel_tool_calls": false """, "unsupported_parameter", "parallel_tool_calls")]
    [InlineData("null", """, "tool_choice": "auto" """, "invalid_value", "tool_choice")]
    [InlineData($"[{Tool}]", "", "invalid_value", "messages")]
    public async Task AnswerAsync_tools_that_are_wrong_or_not_supported_are_refused_by_name(string tools, string more, string code, string? param) =>
        await RefusedAsync($$"""{"model": "tiny-stories", "messages": [{{User}}], "tools": {{tools}}{{more}}}""", code, param);

    [Theory]
    [InlineData("""{"role": "tool", "content": "a"}""", "missing_required_parameter", "messages[1].tool_call_id")]
    [InlineData("""{"role": "tool", "content": "a", "tool_call_id": "c"}""", "invalid_value", "messages[1].tool_call_id")]
    [InlineData("""{"role": "user", "content": "a", "tool_calls": []}""", "unsupported_parameter", "messages[1].tool_calls")]
    [InlineData("""{"role": "assistant", "tool_calls": []}""", "empty_array", "messages[1].tool_calls")]
    [InlineData("""{"role": "assistant", "tool_calls": [{"type": "function"}]}""", "missing_required_parameter", "messages[1].tool_calls[0].id")]
    [InlineData(
        """{"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": {}}}]}""",
        "invalid_type", "messages[1].tool_calls[0].function.arguments")]
    [InlineData(
        """{"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "[1]"}}]}""",
        "invalid_value", "messages[1].tool_calls[0].function.arguments")]
    [InlineData(
        """{"role": "assistant", "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\": \"\\ud83d\"}"}}]}""",
        "invalid_value", "messages[1].tool_calls[0].function.arguments")]
    [InlineData(Call, "invalid_value", "messages")]
    public async Task AnswerAsync_wrong_message_with_a_call_or_its_result_is_refused(string message, string code, string param) =>
        await RefusedAsync($$"""{"model": "tiny-stories", "messages": [{{User}}, {{message}}]}""", code, param);

    [Fact]
    public async Task AnswerAsync_tools_nobody_may_call_change_nothing()
    {
        await using var server = await CompletionServer.StartAsync();
        var messages = new[] { new { role = "user", content = "Once" } };
        var tools = new[] { new { type = "function", function = new { name = "f" } } };
        var with = await server.AskAsync(
            CompletionServer.Chat, new { model = "tiny-stories", messages, tools, tool_choice = "none", max_tokens = 8, temperature = 0 });
        var without = await server.AskAsync(CompletionServer.Chat, new { model = "tiny-stories", messages, max_tokens = 8, temperature = 0 });
        Assert.Equal(without.GetProperty("choices").GetRawText(), with.GetProperty("choices").GetRawText());
    }

    private static async Task RefusedAsync(string body, string code, string? param)
    {
        await using var server = await CompletionServer.StartAsync();
        var (status, error) = await server.FailAsync(CompletionServer.Chat, body);
        Assert.Equal((400, code, param), (status, error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.NotEqual("", error.GetProperty("message").GetString());
    }
}
