using System.Text.Json;

namespace LisaOrleans.Data.Tests;

/// <summary>Turns that a template leaves out, and how it takes the arguments of calls, on the templates of well-known models.</summary>
public sealed class TemplateProbeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RenderLearned_turn_of_a_role_that_the_template_leaves_out_is_refused()
    {
        var qwen = Load(Template("tokenizer-qwen2_5"));
        ChatMessage[] turns = [new("developer", "be brief"), new("user", "q"), new("assistant", "a")];
        const string Problem = "turn 0 is of role 'developer', and the model's chat template (chat_template.jinja) leaves such turns out; "
            + "it writes those of system, tool, user, assistant";
        Assert.Equal(Problem, Assert.Throws<DatasetException>(() => qwen.RenderLearned(Of(turns), "<|im_end|>")).Message);
        Assert.Equal(Problem, Assert.Throws<DatasetException>(() => qwen.RenderPrompt(turns[..2])).Message);
        turns[0] = turns[0] with { Content = "" };
        Assert.Contains("user", qwen.RenderLearned(Of(turns), "<|im_end|>").Text, StringComparison.Ordinal);
    }

    // As Mistral's templates do: a system turn goes into the last turn, if that is a question.
    [Fact]
    public void RenderPrompt_system_turn_that_is_written_into_the_last_question_is_not_refused()
    {
        var own = Load(
            """
            {{- bos_token }}{% if messages[0].role == 'system' %}{% set system = messages[0].content %}{% set messages = messages[1:] %}{% endif %}
            {%- for m in messages %}{% if m.role == 'user' %}[INST] {% if loop.last and system is defined %}{{ system }}, {% endif %}{{ m.content }}[/INST]
            {%- else %} {{ m.content + eos_token }}{% endif %}{% endfor %}
            """);
        ChatMessage[] turns = [new("system", "be brief"), new("user", "q"), new("assistant", "a")];
        Assert.Equal("<s>[INST] be brief, q[/INST]", own.RenderPrompt(turns[..2]));
        Assert.StartsWith(
            "turn 0 is of role 'system'", Assert.Throws<DatasetException>(() => own.RenderLearned(Of(turns), "</s>")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_what_a_template_of_a_well_known_model_writes_is_never_refused()
    {
        Assert.SkipUnless(RealTemplates.All.Count > 0, "no chat templates in artifacts/node; eng/test-services.sh gets them");
        var (refused, wrong) = (0, new List<string>());
        foreach (var (name, template) in RealTemplates.All.DistinctBy(t => t.Template))
        {
            var own = Load(template);
            foreach (var (kind, variables) in Conversations.All)
            {
                var example = Read(variables);
                if (Record.Exception(() => own.RenderPrompt(example)) is not DatasetException e
                    || !e.Message.Contains("leaves such", StringComparison.Ordinal))
                    continue;
                var text = own.Render(example, example.Messages, addGenerationPrompt: false).Text;
                var isWhole = example.Messages.All(m => text.Contains(m.Content.Trim(), StringComparison.Ordinal));
                if (isWhole && (!example.Messages.Any(TemplateProbe.Calls) || text.Contains("Zürich", StringComparison.Ordinal))) wrong.Add($"{name}, {kind}: {text}");
                refused++;
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {refused} wrong:\n{string.Join("\n\n", wrong)}");
        Assert.NotEqual(0, refused);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    public void RenderLearned_template_that_joins_arguments_with_text_gets_them_as_text(string content)
    {
        var example = Read(WithCall(content));
        var text = Load(Template("tokenizer-deepseek_v3")).RenderLearned(example, "<｜end▁of▁sentence｜>").Text;
        Assert.Contains("get_weather\n```json\n{\"city\": \"Zürich\", \"days\": [1, 2]}\n```", text, StringComparison.Ordinal);
    }

    [Fact]
    public void RenderLearned_call_that_the_template_leaves_out_beside_a_text_is_refused() => Assert.StartsWith(
        "turn 1 calls tools beside a text, and the model's chat template (chat_template.jinja) leaves such calls out",
        Assert.Throws<DatasetException>(() => Load(Template("tokenizer-deepseek_v3")).RenderLearned(Read(WithCall("\"I look.\"")), "")).Message,
        StringComparison.Ordinal);

    private static string WithCall(string content) =>
        $$"""
        {"messages": [{"role": "user", "content": "Weather?"}, {"role": "assistant", "content": {{content}}, "tool_calls": [{"type": "function",
          "function": {"name": "get_weather", "arguments": {"city": "Zürich", "days": [1, 2]} } }]},
          {"role": "tool", "content": "4 C"}, {"role": "assistant", "content": "It is 4 degrees."}]}
        """;

    private static string Template(string name)
    {
        Assert.SkipUnless(RealTemplates.All.Count > 0, "no chat templates in artifacts/node; eng/test-services.sh gets them");
        return RealTemplates.All.First(t => t.Name == name).Template;
    }

    private static Example Of(IReadOnlyList<ChatMessage> messages) => new() { Messages = messages, IsChat = true };

    private static Example Read(string variables)
    {
        var json = JsonElement.Parse(variables);
        return Of([.. json.GetProperty("messages").EnumerateArray().Select(m => new ChatMessage(
            m.GetProperty("role").GetString()!,
            m.TryGetProperty("content", out var content) && content.ValueKind == JsonValueKind.String ? content.GetString()! : "") { Fields = m })]) with
        {
            Tools = json.TryGetProperty("tools", out var tools) ? tools : null,
        };
    }

    private FolderChatTemplate Load(string template)
    {
        File.WriteAllText(_folder["chat_template.jinja"], template);
        File.WriteAllText(_folder["tokenizer_config.json"], """{"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}""");
        return FolderChatTemplate.Load(_folder.Root, JinjaOracle.Now)!;
    }
}
