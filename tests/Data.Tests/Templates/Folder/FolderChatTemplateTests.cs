using System.Text.Json;

namespace LisaOrleans.Data.Tests;

/// <summary>Where a folder keeps its template, and what the template sees.</summary>
public sealed class FolderChatTemplateTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_of_a_folder_without_a_template_is_null()
    {
        Assert.Null(Load());
        Write("tokenizer_config.json", """{"chat_template": null}""");
        Assert.Null(Load());
    }

    [Fact]
    public void Load_takes_the_file_before_the_config_and_that_of_processors_last()
    {
        Write("chat_template.json", """{"chat_template": "of processors"}""");
        Assert.Equal("of processors", Prompt());
        Write("tokenizer_config.json", """{"bos_token": "<s>"}""");
        Assert.Equal("of processors", Prompt());
        Write("tokenizer_config.json", """{"chat_template": "config"}""");
        Assert.Equal("config", Prompt());
        Write("chat_template.jinja", "file\n");
        Assert.Equal("file", Prompt());
    }

    [Fact]
    public void Render_takes_the_named_template_for_tools_where_there_are_tools()
    {
        Write(
            "tokenizer_config.json",
            """{"chat_template": [{"name": "default", "template": "d"}, {"name": "tool_use", "template": "t{{ tools|length }}"}]}""");
        Assert.Equal("d", Prompt());
        var tools = new Example { Tools = JsonDocument.Parse("[1, 2]").RootElement };
        Assert.Equal("t2", Load()!.Render(tools, [], addGenerationPrompt: false).Text);

        Write("chat_template.jinja", "d2");
        Directory.CreateDirectory(_folder["additional_chat_templates"]);
        Write("additional_chat_templates/tool_use.jinja", "t3");
        Assert.Equal("t3", Load()!.Render(tools, [], addGenerationPrompt: false).Text);
    }

    [Fact]
    public void Render_gives_the_template_what_transformers_gives_it()
    {
        Write("special_tokens_map.json", """{"bos_token": "<a>", "pad_token": {"content": "<p>"}}""");
        Write("tokenizer_config.json", """{"bos_token": {"content": "<b>"}, "eos_token": null, "additional_special_tokens": ["<x>"]}""");
        Write("chat_template.jinja",
            "{{ bos_token }} {{ pad_token }} {{ eos_token is defined }} {{ additional_special_tokens }} {{ tools }} {{ documents }} {{ "
                + "add_generation_prompt }} "
            + "{{ messages }} {{ enable_thinking }} {{ strftime_now('%Y-%m-%d') }}");
        var example =
            new Example { TemplateVariables = new Dictionary<string, JsonElement> { ["enable_thinking"] = JsonDocument.Parse("false").RootElement } };
        ChatMessage[] messages =
        [
            new("user", "q"),
            new("assistant", "")
            {
                Fields = JsonDocument.Parse("""{"role": "assistant", "content": null, "tool_calls": [{"n": 1}]}""").RootElement,
            },
        ];
        Assert.Equal(
            "<a> <p> False ['<x>'] None None True [{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': None, "
                + "'tool_calls': [{'n': 1}]}] False 2026-03-07",
            Load()!.Render(example, messages, addGenerationPrompt: true).Text);
    }

    [Fact]
    public void Render_names_the_file_and_the_line_of_what_is_wrong()
    {
        Write("chat_template.jinja", "\n{% include 'x' %}");
        var e = Assert.Throws<TokenizerException>(Prompt);
        Assert.Equal(
            $"{_folder["chat_template.jinja"]}: the chat template cannot be used: line 2: the tag 'include' is not supported: other "
            + $"templates", e.Message);
        Write("chat_template.jinja", "\n{{ raise_exception('Users first') }}");
        Assert.Equal(
            "the model's chat template (chat_template.jinja) refuses the conversation (line 2): Users first",
            Assert.Throws<DatasetException>(Prompt).Message);
        Write("chat_template.jinja", "\n{{ messages[9].content }}");
        Assert.StartsWith(
            "the model's chat template (chat_template.jinja) cannot write the conversation: line 2:",
            Assert.Throws<DatasetException>(Prompt).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"chat_template": 5}""", "field 'chat_template' must be a template, or a list of objects with 'name' and 'template'")]
    [InlineData("""{"chat_template": [{"name": "rag", "template": "x"}]}""", "field 'chat_template' has templates rag, but none is called 'default'")]
    public void Load_refuses_a_damaged_config(string config, string problem)
    {
        Write("tokenizer_config.json", config);
        Assert.Equal($"{_folder["tokenizer_config.json"]}: {problem}", Assert.Throws<TokenizerException>(Load).Message);
    }

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);

    private FolderChatTemplate? Load() => FolderChatTemplate.Load(_folder.Root, JinjaOracle.Now);

    private string Prompt() => Load()!.RenderPrompt([new ChatMessage("user", "hi")]);
}
