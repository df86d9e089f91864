namespace LisaOrleans.Data.Tests;

public sealed class WrittenFieldsTests
{
    private const string ChatMl = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}";
    private const string Call = """{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":{}}}]}""";

    [Theory]
    [InlineData($$"""{"messages":[{"role":"user","content":"u"},{{Call}},{"role":"assistant","content":"a"}]}""", "tool_calls")]
    [InlineData("""{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a","reasoning_content":"r"}]}""", "reasoning_content")]
    [InlineData("""{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a","thinking":"r"}]}""", "thinking")]
    [InlineData("""{"messages":[{"role":"user","content":"u","name":"n"},{"role":"assistant","content":"a"}]}""", "name")]
    [InlineData(
        """{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}],"tools":[{"type":"function","function":{"name":"f"}}]}""",
        "tools")]
    [InlineData(
        """{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}],"chat_template_kwargs":{"enable_thinking":false}}""",
        "enable_thinking")]
    public void Tokenize_field_that_the_folders_template_never_names_is_refused(string record, string field)
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<DatasetException>(() => Tokenize(folder, ChatMl, record));
        Assert.Contains(
            $"line 1: field '{field}' is not used: the model's chat template (chat_template.jinja) never names it",
            error.Message, StringComparison.Ordinal);
        Assert.EndsWith($"--ignore-fields {field}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_field_that_the_folders_template_names_is_its_own_affair()
    {
        using var folder = new TempFolder();
        const string Record = """{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a","thinking":"r"},"""
            + """{"role":"tool","content":"t","tool_call_id":"c","name":"f"},{"role":"assistant","content":"b"}]}""";
        Assert.Equal(1, Tokenize(folder, "{# thinking #}" + ChatMl, Record).Count);
    }

    [Fact]
    public void Tokenize_field_that_is_empty_is_lost_by_no_template()
    {
        using var folder = new TempFolder();
        const string Record = """{"messages":[{"role":"user","content":"u","name":""},{"role":"assistant","content":"a","thinking":""}]}""";
        Assert.Equal(1, Tokenize(folder, ChatMl, Record).Count);
    }

    [Theory]
    [InlineData("Answer after thinking.\n{{ 'Your thinking is systematic: ' }}", "{{ m.content }}")]
    [InlineData("{# Leaves out what thinking it finds #}", "{{ m.content }}")]
    public void Tokenize_field_that_is_only_a_word_of_the_templates_prose_is_refused(string prose, string turn)
    {
        using var folder = new TempFolder();
        var error = Assert.Throws<DatasetException>(() => Tokenize(folder, prose + Template(turn), Thinking()));
        Assert.Contains(
            "field 'thinking' is not used: the model's chat template (chat_template.jinja) never names it",
            error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ m.content }}{% for c in m.tool_calls %}{{ c.function.name }}{% endfor %}", "user", "name")]
    [InlineData("{% if m.role == 'user' %}{{ m.name }}: {% endif %}{{ m.content }}", "assistant", "name")]
    [InlineData("{% if think %}{{ m.thinking }}{% endif %}{{ m.content }}", "assistant", "thinking")]
    [InlineData("{% set thinking = m.content %}{{ thinking }}", "assistant", "thinking")]
    public void Tokenize_field_that_the_folders_template_never_writes_in_its_role_is_refused(string turn, string role, string field)
    {
        using var folder = new TempFolder();
        var record = $$"""{"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a"}]}"""
            .Replace($"\"{role}\"", $"\"{role}\",\"{field}\":\"x\"", StringComparison.Ordinal);
        var error = Assert.Throws<DatasetException>(() => Tokenize(folder, Template(turn), record));
        Assert.EndsWith(
            $"field '{field}' is not used: the model's chat template (chat_template.jinja) never writes it in turns of role '{role}'. "
                + $"To train without it: --ignore-fields {field}",
            error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{% if loop.last %}{{ m.thinking }}{% endif %}{{ m.content }}", "")]
    [InlineData("{% if m.tool_calls %}{{ m['thinking'] }}{% endif %}{{ m.content }}", "")]
    [InlineData("{{ 'thought: ' if 'thinking' in m }}{{ m.content }}", "")]
    [InlineData("{% if think %}{{ m.get('thinking') }}{% endif %}{{ m.content }}", ""","chat_template_kwargs":{"think":true}""")]
    public void Tokenize_field_that_the_folders_template_writes_somewhere_is_its_own_affair(string turn, string more)
    {
        using var folder = new TempFolder();
        Assert.Equal(1, Tokenize(folder, Template(turn), Thinking(more)).Count);
    }

    // As DeepSeek V3's does with a single call.
    [Theory]
    [InlineData("</s>", "", 1)]
    [InlineData("</s>", "</s>", 0)]
    [InlineData("", "", 2)]
    [InlineData("<|end|>", "", 0)]
    public void Tokenize_turns_that_the_folders_template_leaves_open_are_counted(string answerEnd, string callEnd, int open)
    {
        using var folder = new TempFolder();
        var template = "{% for m in messages %}{{ m.role }}: {{ m.tool_calls[0].function.name if m.tool_calls else m.content }}"
            + $"{{% if m.role == 'assistant' %}}{{{{ '{callEnd}' if m.tool_calls else '{answerEnd}' }}}}{{% endif %}}{{{{ '\\n' }}}}{{% endfor %}}";
        var record = $$"""
            {"messages":[{"role":"user","content":"u"},{{Call}},{"role":"tool","content":"t"},{"role":"assistant","content":"a"}]}
            """;
        var statistics = Tokenize(folder, template, record).Statistics;
        Assert.Equal(open, statistics.OpenTurns);
        Assert.Equal(
            open > 0 ? [$"warning: in {open} of the learned turns, the model's chat template writes no end-of-turn token"] : [],
            DatasetReport.Lines(statistics, 1024).Select(l => l.Split(": the model")[0]));
    }

    private static string Template(string turn) =>
        $"{{% for m in messages %}}<|im_start|>{{{{ m.role }}}}\n{turn}<|im_end|>\n{{% endfor %}}";

    private static string Thinking(string more = "") => $$"""
        {"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a","thinking":"r"},{"role":"user","content":"v"},
        {"role":"assistant","content":"b"}]{{more}}}
        """.ReplaceLineEndings("");

    private static TokenizedDataset Tokenize(TempFolder folder, string template, string record)
    {
        File.WriteAllText(folder["chat_template.jinja"], template);
        File.WriteAllText(folder["d"], record);
        var own = FolderChatTemplate.Load(folder.Root, DateTimeOffset.UnixEpoch);
        return DatasetTokenizer.Tokenize(
            folder["d"], SampleTokenizer.Load(), new DatasetSettings { Template = ChatTemplates.Auto },
            1024, 512, null, CancellationToken.None, own: own);
    }
}
