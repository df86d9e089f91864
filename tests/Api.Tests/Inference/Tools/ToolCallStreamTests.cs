using System.Text.RegularExpressions;

namespace LisaOrleans.Api.Tests;

public sealed partial class ToolCallStreamTests
{
    private const string Hermes = "hermes: <tool_call>";
    private const string Mistral = "mistral: [TOOL_CALLS]";
    private const string Llama = """llama: ipython {"name": function name, "parameters": dictionary of argument name and its value}""";

    private static readonly HashSet<string> s_names = ["f", "look-up_2"];

    [Theory]
    [InlineData(Hermes, "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>", "", "f {\"a\": 1}")]
    [InlineData(Hermes, "\n\n<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call>\n", "", "f {}")]
    [InlineData(
        Hermes, "I look.\n<tool_call>{\"name\": \"f\"}</tool_call><tool_call>{\"name\": \"look-up_2\", \"arguments\": {\"ä\": \"}</tool_call>\"}}",
        "I look.\n", "f {}; look-up_2 {\"ä\": \"}</tool_call>\"}")]
    [InlineData(Hermes, "<tool_call>{\"name\": \"f\", \"arguments\": \"{\\\"a\\\": 1}\"}</tool_call>", "", "f {\"a\": 1}")]
    [InlineData(
        Mistral, "[TOOL_CALLS] [{\"name\": \"f\", \"arguments\": {\"a\": [1, 2]}}, {\"name\": \"f\", \"arguments\": {}, \"id\": \"abcdefghi\"}]",
        "", "f {\"a\": [1, 2]}; f {}")]
    [InlineData(Mistral, "[TOOL_CALLS]f[ARGS]{\"a\": 1}[TOOL_CALLS]look-up_2[CALL_ID]abc[ARGS]{}", "", "f {\"a\": 1}; look-up_2 {}")]
    [InlineData(Llama, "{\"name\": \"f\", \"parameters\": {\"a\": 1}}", "", "f {\"a\": 1}")]
    [InlineData(Llama, "\n {\"name\": \"f\", \"parameters\": {}}; {\"name\": \"f\", \"parameters\": {\"a\": 1}}", "", "f {}; f {\"a\": 1}")]
    public void Push_calls_are_read_however_the_answer_comes(string template, string answer, string text, string calls) =>
        Check(template, answer, text, calls);

    [Theory]
    [InlineData(Hermes, "<tool_call>{\"name\": \"g\", \"arguments\": {}}</tool_call>")]
    [InlineData(Hermes, "<tool_call>{\"name\": \"f\", \"arguments\": {}}</tool_call> and so on")]
    [InlineData(Hermes, "<tool_call>{\"name\": \"f\", \"argum")]
    [InlineData(Hermes, "<tool_call>{\"name\": \"f\", \"arguments\": [1]}</tool_call>")]
    [InlineData(Hermes, "<tool_call>{\"name\": \"\\ud83d\", \"arguments\": {}}</tool_call>")]
    [InlineData(Hermes, "  \n<tool_call>f()</tool_call>")]
    [InlineData(Hermes, "1 < 2 <tool")]
    [InlineData(Hermes, "")]
    [InlineData(Hermes, " \n ")]
    [InlineData(Mistral, "[TOOL_CALLS]f{}")]
    [InlineData(Mistral, "[TOOL_CALLS]{\"name\": \"f\"}")]
    [InlineData(Llama, "{\"name\": \"f\", \"parameters\": {}} is a call")]
    [InlineData(Llama, "Say {\"name\": \"f\", \"parameters\": {}}")]
    [InlineData(Llama, "{\"a\": 1}")]
    public void Push_what_is_no_call_of_a_given_function_is_said_to_the_letter(string template, string answer) => Check(template, answer, answer, "");

    [Fact]
    public void Push_text_before_a_call_is_said_at_once()
    {
        var stream = new ToolCallStream(ToolCallFormats.Of(Hermes)!, s_names);
        Assert.Equal("Let me ", stream.Push("Let me "));
        Assert.Equal("see ", stream.Push("see <tool_"));
        Assert.Equal("<tool_time", stream.Push("time"));
    }

    [Theory]
    [InlineData("{{ content }}")]
    [InlineData("<tool_call>\n<function=")]
    [InlineData("ipython and no more")]
    public void Of_template_with_calls_in_another_form_is_none_that_is_known(string template) => Assert.Null(ToolCallFormats.Of(template));

    [Fact]
    public void NewId_ids_are_what_the_templates_take()
    {
        Assert.Matches(NineCharacters(), ToolCallFormats.Of(Mistral)!.NewId());
        Assert.StartsWith("call_", ToolCallFormats.Of(Hermes)!.NewId(), StringComparison.Ordinal);
    }

    // In pieces of every size.
    private static void Check(string template, string answer, string text, string calls)
    {
        for (var size = 1; size <= answer.Length + 1; size++)
        {
            var stream = new ToolCallStream(ToolCallFormats.Of(template)!, s_names);
            var said = string.Concat(answer.Chunk(size).Select(piece => stream.Push(new string(piece))));
            var (rest, made) = stream.End();
            Assert.Equal((text, calls), (said + rest, string.Join("; ", made.Select(c => $"{c.Name} {c.Arguments}"))));
            Assert.Equal(made.Count, made.Select(c => c.Id).Distinct().Count());
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9]{9}\z")]
    private static partial Regex NineCharacters();
}
