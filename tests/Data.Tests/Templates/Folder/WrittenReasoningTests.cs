using System.Text.Json;

namespace LisaOrleans.Data.Tests;

/// <summary>Reasoning of learned turns that a template leaves out: refused in the last, counted in others.</summary>
public sealed class WrittenReasoningTests : IDisposable
{
    // As DeepSeek R1's.
    private const string Leaves = "{% for m in messages %}{% set c = m.content %}"
        + "{% if m.role == 'assistant' and '</think>' in c %}{% set c = c.split('</think>')[-1] %}{% endif %}"
        + "<|{{ m.role }}|>{{ c }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|><think>\n{% endif %}";

    // As Qwen 3's.
    private const string WritesLast = "{% set ns = namespace(last=-1) %}{% for m in messages %}{% if m.role == 'user' %}"
        + "{% set ns.last = loop.index0 %}{% endif %}{% endfor %}"
        + "{% for m in messages %}{% set c, r = m.content, m.reasoning_content or '' %}{% if m.role == 'assistant' and not r and '</think>' in c %}"
        + "{% set r = c.split('</think>')[0].split('<think>')[-1].strip('\n') %}"
        + "{% set c = c.split('</think>')[-1].lstrip('\n') %}{% endif %}"
        + "<|{{ m.role }}|>{% if r and loop.index0 > ns.last %}<think>\n{{ r }}\n</think>\n\n{% endif %}"
        + "{{ c }}{{ m.tool_calls or '' }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

    private const string Writes = "{% for m in messages %}<|{{ m.role }}|>{{ m.reasoning_content }}{{ m.content }}<|end|>{% endfor %}"
        + "{% if add_generation_prompt %}<|assistant|>{% endif %}";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("<think>\nAdd them.\n</think>\n\n4")]
    [InlineData("Add them.\n</think>\n\n4")]
    [InlineData("<think>4</think>4")]
    public void Tokenize_reasoning_before_the_last_answer_that_the_template_leaves_out_is_refused(string content)
    {
        var error = Assert.Throws<DatasetException>(() => Tokenize(Leaves, Line("2+2?", content)));
        Assert.Contains(
            "line 1: turn 1 has reasoning before '</think>', and the model's chat template (chat_template.jinja) leaves it out",
            error.Message, StringComparison.Ordinal);
        Assert.Equal(0, Lost(Writes, Line("2+2?", content)));
        Assert.Equal(0, Lost(WritesLast, Line("2+2?", content)));
    }

    [Theory]
    [InlineData("4")]
    [InlineData("<think>\n\n</think>\n\n4")]
    [InlineData("</think>4")]
    public void Tokenize_answer_without_reasoning_loses_none(string content) => Assert.Equal(0, Lost(Leaves, Line("2+2?", content)));

    [Fact]
    public void Tokenize_reasoning_of_context_may_be_left_out()
    {
        const string Context = """{"role":"assistant","content":"<think>\nr\n</think>\n\na","weight":0}""";
        const string Chat = $$"""{"messages":[{"role":"user","content":"u"},{{Context}},{"role":"assistant","content":"b"}]}""";
        Assert.Equal(0, Lost(Leaves, Chat));
        Assert.Equal(0, Lost(Leaves, Line("u", "<think>\nr\n</think>\n\na", "v", "b"), new DatasetSettings { TrainOn = TrainOn.Last }));
        Assert.Equal(0, Lost(Leaves, Chat, new DatasetSettings { TrainOnPrompt = true }));
    }

    [Theory]
    [InlineData("<think>\nr\n</think>\n\na", "")]
    [InlineData("a", ""","reasoning_content":"r" """)]
    public void Tokenize_reasoning_that_the_template_leaves_out_of_earlier_turns_is_counted(string content, string field)
    {
        var turn = $$"""{"role":"assistant","content":{{JsonSerializer.Serialize(content)}}{{field}}}""";
        var chat = $$"""{"messages":[{"role":"user","content":"r"},{{turn}},{"role":"user","content":"v"},{{turn}}]}""";
        using var data = Tokenize(WritesLast, $"{chat}\n{chat}");
        Assert.Equal((2, 2), (data.Count, data.Statistics.LostReasoning));
        Assert.StartsWith(
            "warning: in 2 of the learned turns, the model's chat template leaves out the reasoning",
            Assert.Single(DatasetReport.Lines(data.Statistics, 1024)), StringComparison.Ordinal);
        Assert.Equal(1, Lost(WritesLast, Line("u", "<think>x</think>a", "v", "b"), new DatasetSettings { TrainOnPrompt = true }));
        Assert.Equal(0, Lost(WritesLast, $"{chat}\n{chat}", new DatasetSettings { TrainOn = TrainOn.Last }));
        Assert.Equal(0, Lost(Writes, $"{chat}\n{chat}"));

        // Broken off after a question, it is an earlier turn.
        Assert.Equal(1, Lost(WritesLast, $$"""{"messages":[{"role":"user","content":"u"},{{turn}},{"role":"user","content":"v"}]}"""));

        // The last that is learned, and not the last of all.
        var error = Assert.Throws<DatasetException>(
            () => Tokenize(WritesLast, chat.Insert(chat.Length - 3, ",\"weight\":0")));
        var problem = field.Length > 0 ? "field 'reasoning_content' of turn 1 is not used" : "turn 1 has reasoning before '</think>'";
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_field_of_reasoning_that_the_template_has_a_comment_of_is_its_own_affair() => Assert.Equal(
        0, Lost("{# reasoning_content #}" + Writes.Replace("{{ m.reasoning_content }}", "", StringComparison.Ordinal), """
            {"messages":[{"role":"user","content":"u"},{"role":"assistant","content":"a","reasoning_content":"r"}]}
            """));

    [Fact]
    public void Tokenize_reasoning_before_calls_after_the_last_question_is_written_and_not_counted() => Assert.Equal(0, Lost(WritesLast, """
        {"messages":[{"role":"user","content":"u"},
        {"role":"assistant","content":"","reasoning_content":"r","tool_calls":[{"name":"f","arguments":{}}]},
        {"role":"tool","content":"t"},{"role":"assistant","content":"<think>\nr\n</think>\n\na"}]}
        """.ReplaceLineEndings("")));

    [Fact]
    public void Tokenize_reasoning_that_the_template_writes_in_other_words_is_not_lost()
    {
        var template = Writes.Replace("{{ m.content }}", "{{ m.content | replace('Add', 'Sum') }}", StringComparison.Ordinal);
        Assert.Equal(0, Lost(template, Line("u", "Add.</think>4")));
    }

    [Theory]
    [InlineData("<think>", "</think>")]
    [InlineData("<thought>", "</thought>")]
    public void RenderLearned_templates_of_well_known_models_write_reasoning_or_are_refused_for_it(string begin, string end)
    {
        Assert.SkipUnless(RealTemplates.All.Count > 0, "no chat templates in artifacts/node; eng/test-services.sh gets them");
        var (written, refused) = (0, 0);
        ChatMessage[] turns = [new("user", "ask"), new("assistant", $"{begin}\nfirst reasons\n{end}\n\nthen answers")];
        foreach (var (name, template) in RealTemplates.All)
        {
            File.WriteAllText(_folder["chat_template.jinja"], template);
            File.WriteAllText(_folder["tokenizer_config.json"], """{"bos_token":"<s>","eos_token":"</s>"}""");
            var own = FolderChatTemplate.Load(_folder.Root, JinjaOracle.Now)!;
            var example = new Example { Messages = turns, IsChat = true };
            if (own.TryRender(new ExampleValues(example, default), turns) is not { } text) continue;
            var error = Record.Exception(() => own.RenderLearned(example, "</s>", prompts: true));
            var isWritten = text.Contains("first reasons", StringComparison.Ordinal);
            var isRefused = error?.Message.Contains("has reasoning before", StringComparison.Ordinal) == true;
            Assert.True(isWritten != isRefused, $"{name}: {error}");
            (written, refused) = isWritten ? (written + 1, refused) : (written, refused + 1);
        }

        Assert.True(written > 50 && refused > 0, $"{written} write it, {refused} do not");
    }

    private static string Line(params string[] contents) => JsonSerializer.Serialize(new
    {
        messages = contents.Select((content, i) => new { role = i % 2 == 0 ? "user" : "assistant", content }),
    });

    private int Lost(string template, string records, DatasetSettings? settings = null)
    {
        using var data = Tokenize(template, records, settings);
        return data.Statistics.LostReasoning;
    }

    private TokenizedDataset Tokenize(string template, string records, DatasetSettings? settings = null)
    {
        File.WriteAllText(_folder["chat_template.jinja"], template);
        File.WriteAllText(_folder["d"], records);
        var own = FolderChatTemplate.Load(_folder.Root, DateTimeOffset.UnixEpoch);
        return DatasetTokenizer.Tokenize(
            _folder["d"], SampleTokenizer.Load(), settings ?? new DatasetSettings(), 1024, 512, null, CancellationToken.None, own: own);
    }
}
