using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace LisaOrleans.Data.Tests;

/// <summary>Which parts of a chat are learned. What is learned stands in square brackets.</summary>
public sealed class LearnedSpansTests : IDisposable
{
    private const string ChatMl =
        "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt "
            + "%}<|im_start|>assistant\n{% endif %}";

    private readonly TempFolder _folder = new();

    private static ChatMessage[] Turns => [new("user", "a"), new("assistant", "b"), new("user", "c"), new("assistant", "d")];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void RenderLearned_answers_are_learned_with_their_end_of_turn() => Assert.Equal(
        "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n[b<|im_end|>\n]<|im_start|>user\nc<|im_end|>\n<|im_start|>assistant\n[d<|im_end|>\n]",
        Learned(
            ChatMl.Replace("{% endfor %}", "\n{% endfor %}", StringComparison.Ordinal).Replace(
                "<|im_end|>\n\n", "<|im_end|>{{ '\n' }}", StringComparison.Ordinal), Turns));

    [Fact]
    public void RenderLearned_generation_blocks_decide_what_is_learned() => Assert.Equal(
        "a:[b]; c:[d]; ",
        Learned(
            "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}:{% else %}{% generation %}{{ m.content }}{% endgeneration "
            + "%}; {% endif %}{% endfor %}", Turns));

    [Fact]
    public void RenderLearned_turn_not_to_be_learned_is_left_out()
    {
        var turns = Turns;
        turns[1] = turns[1] with { Train = false };
        Assert.Equal(
            "a:b; c:[d]; ",
            Learned(
                "{% for m in messages %}{% if m.role == 'user' %}{{ m.content }}:{% else %}{% generation %}{{ m.content }}{% "
                + "endgeneration %}; {% endif %}{% endfor %}", turns));
        Assert.Equal("<u>a</u><a>b</a><u>c</u><a>[d</a>]", Learned(Tags, turns));
    }

    [Fact]
    public void RenderLearned_turn_of_the_user_can_be_learned()
    {
        var turns = Turns;
        turns[2] = turns[2] with { Train = true };
        Assert.Equal("<u>a</u><a>[b</a>][<u>c</u>]<a>[d</a>]", Learned(Tags, turns));
    }

    [Fact]
    public void RenderLearned_thinking_dropped_from_earlier_turns_does_not_hide_them() => Assert.Equal(
        "U:a\nA:[b<end>]\nU:c\nA:[<think>x</think>d<end>]\n",
        Learned(
            """{% for m in messages %}{{ 'U:' if m.role == 'user' else 'A:' }}"""
            + """{% if m.role == 'assistant' and loop.last %}<think>x</think>{% endif %}{{ m.content }}"""
            + """{% if m.role == 'assistant' %}<end>{% endif %}{{ '\n' }}{% endfor %}{% if add_generation_prompt %}A:{% endif %}""",
            Turns).Replace("<end>\n]", "<end>]\n", StringComparison.Ordinal));

    [Fact]
    public void RenderLearned_generation_prompt_that_begins_thinking_does_not_hide_an_answer_without_it() => Assert.Equal(
        "<u>a<a>[b</s>]",
        Learned(
            "{% for m in messages %}{{ '<u>' ~ m.content if m.role == 'user' else '<a>' ~ m.content ~ '</s>' }}{% endfor %}{% if "
            + "add_generation_prompt %}<a><think>{% endif %}", Turns[..2]));

    [Fact]
    public void RenderLearned_end_that_the_generation_prompt_lacks_is_learned() => Assert.Equal(
        "[u:a a:b</s>] u:c a:[d</s>]".Replace("[u:a a:b</s>]", "u:a a:[b</s>]", StringComparison.Ordinal),
        Learned(
            "{% for m in messages %}{{ ' ' if not loop.first }}{{ m.role[0] }}:{{ m.content }}{% if m.role == 'assistant' %}</s>{% endif "
            + "%}{% endfor %}{% if add_generation_prompt %} a:{% endif %}", Turns));

    [Fact]
    public void RenderLearned_answers_that_end_otherwise_than_the_last_are_learned_with_their_own_end() => Assert.Equal(
        "<start>user:a<end><start>assistant[:b<end>]<start>user:c<end><start>assistant[:d<return>]",
        Learned(
            "{% for m in messages %}<start>{{ m.role }}:{{ m.content }}"
            + "{{ '<return>' if m.role == 'assistant' and loop.last and not add_generation_prompt else '<end>' }}"
            + "{% endfor %}{% if add_generation_prompt %}<start>assistant{% endif %}", Turns));

    [Fact]
    public void RenderLearned_spans_that_cannot_be_told_exactly_are_refused_with_the_turn()
    {
        var e = Assert.Throws<DatasetException>(() => Learned("{% for m in messages|reverse %}{{ m.content }};{% endfor %}", Turns));
        Assert.StartsWith(
            "the model's chat template (chat_template.jinja) does not show exactly what is learned of turn 1: ", e.Message, StringComparison.Ordinal);
        var marked = Assert.Throws<DatasetException>(
            () => Learned(
                "{% macro a(x) %}{% generation %}{{ x }}{% endgeneration %}{% endmacro %}{% for m in messages %}{{ a(m.content) }}{% "
                + "endfor %}", Turns));
        Assert.Contains("generation block lies in a macro", marked.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"reasoning_content": "so <|im_end|>"}""")]
    [InlineData("""{"tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"x": ["1 <|im_end|> 2"]}}}]}""")]
    [InlineData("""{"tool_calls": [{"type": "function", "function": {"name": "f", "arguments": {"<|im_end|>": 1}}}]}""")]
    public void RenderLearned_end_of_turn_in_a_call_or_in_thinking_does_not_end_the_turn(string fields)
    {
        const string Template = "{% for m in messages %}<|im_start|>{{ m.role }}\n"
            + "{{ '<think></think>' if m.role == 'assistant' and loop.last }}{{ m.reasoning_content }}{{ m.content }}"
            + "{{ m.tool_calls[0].function.arguments|tojson if m.tool_calls }}<|im_end|>\n"
            + "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
        var turns = Turns;
        turns[1] = turns[1] with { Fields = Fields(fields) };
        var e = Assert.Throws<DatasetException>(() => Learned(Template, turns));
        Assert.Contains("of turn 1: it holds the end of turn '<|im_end|>' itself", e.Message, StringComparison.Ordinal);

        turns[1] = turns[1] with { Fields = Fields(fields.Replace("<|im_end|>", "|", StringComparison.Ordinal)) };
        Assert.Equal(2, Learned(Template, turns).Split("<|im_end|>\n]").Length - 1);

        // Written as Turn writes them.
        static JsonElement Fields(string more)
        {
            var turn = JsonNode.Parse(more)!.AsObject();
            (turn["role"], turn["content"]) = ("assistant", "b");
            return JsonSerializer.SerializeToElement(turn);
        }
    }

    [Fact]
    public void RenderLearned_templates_of_well_known_models_learn_whole_answers()
    {
        Assert.SkipUnless(RealTemplates.All.Count > 0, "no chat templates in artifacts/node; eng/test-services.sh gets them");
        var (learned, refused) = (0, new List<string>());
        foreach (var (name, template) in RealTemplates.All)
        {
            ChatMessage[] turns = [new("user", "ask one"), new("assistant", "answer one"), new("user", "ask two"), new("assistant", "answer two")];
            try
            {
                var text = Marked(template, turns);
                var parts = text.Split('⟦').Skip(1).Select(p => p.Split('⟧')[0]).ToArray();
                if (text.Split("ask").Length != 3) continue;
                Assert.True(
                    parts.Length == 2 && parts[0].Contains("answer one", StringComparison.Ordinal) && parts[1].Contains(
                        "answer two", StringComparison.Ordinal), $"{name}: {text}");
                Assert.False(string.Concat(parts).Contains("ask", StringComparison.Ordinal), $"{name}: {text}");
                learned++;
            }
            catch (DatasetException e)
            {
                refused.Add($"{name}: {e.Message}");
            }
        }

        Assert.True(learned > 5 * refused.Count, $"{learned} learned; refused:\n{string.Join("\n", refused)}");
    }

    private const string Tags =
        "{% for m in messages %}{% set t = m.role[0] %}<{{ t }}>{{ m.content }}</{{ t }}>{% endfor %}{% if add_generation_prompt %}<a>{% endif %}";

    private string Learned(string template, IReadOnlyList<ChatMessage> messages) => Marked(template, messages).Replace('⟦', '[').Replace('⟧', ']');

    private string Marked(string template, IReadOnlyList<ChatMessage> messages)
    {
        File.WriteAllText(_folder["chat_template.jinja"], template);
        File.WriteAllText(_folder["tokenizer_config.json"], JsonSerializer.Serialize(new { bos_token = "<s>", eos_token = "</s>" }));
        var own = FolderChatTemplate.Load(_folder.Root, JinjaOracle.Now)!;

        // Anything that looks like a special token completes the end of turn, as a tokenizer's own would.
        var rendering = own.RenderLearned(
            new Example { Messages = messages, IsChat = true }, Closing(own.EndOfTurn()), Closing(own.EndOfTurn(isLast: false)));
        var text = rendering.Text;
        foreach (var (start, end, _) in rendering.Spans!.Reverse()) text = text.Insert(end, "⟧").Insert(start, "⟦");
        return text;

        static string Closing(string text) =>
            Regex.Match(text, @"^\s*(<[^>]+>|\[[^\]]+\])\s*") is { Success: true } special ? special.Value : text;
    }
}
