namespace LisaOrleans.Data.Tests;

/// <summary>Conversations of all the kinds that chat templates tell apart, as variables of a template.</summary>
internal static class Conversations
{
    private const string Tools =
        """
        [{"type": "function", "function": {"name": "get_weather", "description": "Weather of a city — now", "parameters": {"type": "object",
          "properties": {"city": {"type": "string", "description": "The city's name"}, "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
          "days": {"type": "array", "items": {"type": "integer"}}}, "required": ["city"]}, "return": {"type": "number"}}},
         {"type": "function", "function": {"name": "noop", "description": "Does nothing", "parameters": {"type": "object", "properties": {}}}}]
        """;

    private const string Calls =
        """[{"id": "call00001", "type": "function", "function": {"name": "get_weather", "arguments": {"city": "Zürich", "days": [1, 2]}}}]""";

    /// <summary>Names and variables.</summary>
    public static IReadOnlyDictionary<string, string> All { get; } = new Dictionary<string, string>
    {
        ["question"] = Of("""{"role": "user", "content": "Hi there"}""", "\"add_generation_prompt\": true"),
        ["answer"] = Of("""{"role": "user", "content": "Hi there"}, {"role": "assistant", "content": "Hello!"}"""),
        ["system"] = Of(
            """{"role": "system", "content": "Be brief.\n"}, {"role": "user", "content": " Hi "}, {"role": "assistant", "content": " Hello! "}"""),
        ["turns"] = Of(
            """
            {"role": "system", "content": "Be brief."}, {"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"},
            {"role": "user", "content": "Ünïcode 😀 <|im_end|>"}, {"role": "assistant", "content": "ok"}, {"role": "user", "content": "And?"}
            """, "\"add_generation_prompt\": true"),
        ["thinking"] = Of(
            """
            {"role": "user", "content": "a"}, {"role": "assistant", "content": "<think>\nhm\n</think>\n\nb", "reasoning_content": "hm"},
            {"role": "user", "content": "c"}, {"role": "assistant", "content": "d", "reasoning_content": "so", "thinking": "so"}
            """),
        ["not-thinking"] = Of(
            """{"role": "user", "content": "a"}""", "\"add_generation_prompt\": true, \"enable_thinking\": false, \"thinking\": false"),
        ["tools"] = Of(
            $$"""
            {"role": "system", "content": "Use tools."}, {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": "", "tool_calls": {{Calls}} },
            {"role": "tool", "name": "get_weather", "tool_call_id": "call00001", "content": "4 C"},
            {"role": "assistant", "content": "It is 4 degrees."}
            """, $"\"tools\": {Tools}"),
        ["tools-null-content"] = Of(
            $$"""
            {"role": "user", "content": "Weather?"}, {"role": "assistant", "content": null, "tool_calls": {{Calls}} },
            {"role": "tool", "name": "get_weather", "tool_call_id": "call00001", "content": {"temperature": 4.5, "ok": true} }
            """, $"\"tools\": {Tools}, \"add_generation_prompt\": true"),
        ["tools-asked"] = Of("""{"role": "user", "content": "Weather?"}""", $"\"tools\": {Tools}, \"add_generation_prompt\": true"),
        ["calls-as-text"] = Of(
            """
            {"role": "user", "content": "Weather?"}, {"role": "assistant", "tool_calls": [{"type": "function", "id": "call00001",
            "function": {"name": "get_weather", "arguments": "{\"city\": \"Oslo\"}"}}]},
            {"role": "tool", "content": "1 C"}, {"role": "tool", "content": "2 C"}
            """),
        ["parts"] = Of(
            """{"role": "user", "content": [{"type": "text", "text": "What is "}, {"type": "text", "text": "this?"}]},"""
            + """ {"role": "assistant", "content": [{"type": "text", "text": "That."}]}"""),
        ["image"] = Of(
            """{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "What is this?"}]}""", "\"add_generation_prompt\": true"),
        ["two-users"] = Of("""{"role": "user", "content": "a"}, {"role": "user", "content": "b"}"""),
        ["assistant-first"] = Of("""{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}"""),
        ["developer"] = Of("""{"role": "developer", "content": "Dev."}, {"role": "user", "content": "b"}, {"role": "assistant", "content": "c"}"""),
        ["unknown-role"] = Of("""{"role": "user", "content": "b"}, {"role": "narrator", "content": "a"}"""),
        ["documents"] = Of(
            """{"role": "user", "content": "b"}""",
            "\"documents\": [{\"title\": \"T\", \"text\": \"Body\", \"contents\": \"C\", \"heading\": \"H\", \"body\": \"B\", "
                + "\"doc_id\": 1}], \"add_generation_prompt\": true"),
        ["empty"] = Of(""),
    };

    private static string Of(string messages, string more = "\"add_generation_prompt\": false") =>
        $$"""{"messages": [{{messages}}], "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", {{more}} }""";
}
