namespace LisaOrleans.Data.Tests;

/// <summary>What Ollama writes with the TEMPLATE that a model gets is what it was trained with.</summary>
public sealed class OllamaTemplateTests
{
    private const string ChatMlWithDefault =
        "{% for message in messages %}{% if loop.first and message.role != 'system' %}<|im_start|>system\nBe Qwen.<|im_end|>\n{% endif %}"
        + "<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
        + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private const string Headers =
        "{{ bos_token }}{% for m in messages %}<|h|>{{ m.role }}<|/h|>\n\n{{ m.content | trim }}<|e|>{% endfor %}"
        + "{% if add_generation_prompt %}<|h|>assistant<|/h|>\n\n{% endif %}";

    // The system message is in the user's first turn.
    private const string Inside =
        "{{ bos_token }}{% if messages[0].role == 'system' %}{% set first = messages[0].content + '\n\n' %}"
        + "{% set rest = messages[1:] %}{% else %}{% set first = '' %}{% set rest = messages %}{% endif %}{% for m in rest %}"
        + "{% if (m.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Roles must alternate') }}{% endif %}"
        + "<start_of_turn>{{ 'model' if m.role == 'assistant' else m.role }}\n{{ first if loop.first }}{{ m.content | trim }}"
        + "<end_of_turn>\n{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}";

    private const string Refusing =
        "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
        + "[{{ m.role }}]{{ m.content }}[/]{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

    // Answers end otherwise where nothing follows, and there are braces.
    private const string Braces =
        "{% for m in messages %}{{ '{{' }}{{ m.role }}{{ '{' }}{{ m.content }}"
        + "{{ ('<end>' if loop.last else '<next>') if m.role == 'assistant' else '}' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '{{' }}assistant{{ '{' }}{% endif %}";

    public static TheoryData<string> Names => [.. ChatTemplates.Names.Where(n => n != ChatTemplates.Auto)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Of_named_template_is_what_the_encoder_writes(string name)
    {
        var tokenizer = SampleTokenizer.Load();
        foreach (var adds in (bool[])[true, false])
        {
            var ollama = OllamaTemplate.Of(name, null, tokenizer, Vocabulary(adds));
            Assert.Null(ollama.Note);
            Check(ollama, tokenizer, adds, new SampleEncoder(tokenizer, new DatasetSettings { Template = name }), Conversations(true));
        }
    }

    [Theory]
    [InlineData(ChatMlWithDefault, true)]
    [InlineData(Headers, true)]
    [InlineData(Inside, true)]
    [InlineData(Braces, true)]
    [InlineData(Refusing, false)]
    public void Of_a_folders_template_is_what_the_encoder_writes(string template, bool system)
    {
        using var folder = new TempFolder();
        var (tokenizer, own) = (SampleTokenizer.Load(), Own(folder, template));
        var begins = template.Contains("bos_token", StringComparison.Ordinal);
        foreach (var adds in (bool[])[begins, false])
        {
            var ollama = OllamaTemplate.Of(ChatTemplates.Auto, own, tokenizer, Vocabulary(adds));
            Check(ollama, tokenizer, adds, new SampleEncoder(tokenizer, new DatasetSettings(), own), Conversations(system));
            Assert.Equal(
                system ? null : "Ollama leaves system messages out, since the model's chat template does not write them", ollama.Note);
        }
    }

    [Fact]
    public void Of_a_chat_that_ends_with_an_answer_goes_on_with_it()
    {
        var text = OllamaTemplate.Of("chatml", null, SampleTokenizer.Load(), Vocabulary(true)).Text!;
        Assert.Equal(
            "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHel",
            new GoTemplate(text).Render([new("user", "Hi"), new("assistant", "Hel")]));
    }

    [Fact]
    public void Of_no_template_is_the_text_alone() => Assert.Equal(
        new OllamaTemplate("{{ .Prompt }}", null),
        OllamaTemplate.Of(ChatTemplates.Auto, null, SampleTokenizer.Load(), Vocabulary(true)));

    // Only the last question has the system message; earlier questions are left out; a date.
    [Theory]
    [InlineData(
        "{% for m in messages if m.role != 'system' %}{% if loop.last and messages[0].role == 'system' %}"
            + "{{ messages[0].content }}{% endif %}[{{ m.role }}]{{ m.content }}{% endfor %}", "Ollama's form cannot say what it writes")]
    [InlineData("{{ messages[-1].content }}", "Ollama's form cannot say what it writes")]
    [InlineData("{{ strftime_now('%d') }}{{ messages[0].content }}", "it writes the date")]
    [InlineData("{% for m in messages %}[{{ m.role }}]\u200b{{ m.content }}{% endfor %}", "a Modelfile cannot hold what it writes")]
    [InlineData("{% for m in messages %}\"\"\"{{ m.role }}\"\"\"{{ m.content }}{% endfor %}", "a Modelfile cannot hold what it writes")]
    public void Of_a_template_that_it_cannot_express_is_none_and_says_so(string template, string why)
    {
        using var folder = new TempFolder();
        var ollama = OllamaTemplate.Of(ChatTemplates.Auto, Own(folder, template), SampleTokenizer.Load(), Vocabulary(false));
        Assert.Equal(
            new OllamaTemplate(
                null, $"Ollama does not run the model's chat template, and {why}: write a TEMPLATE into the Modelfile yourself"),
            ollama);
    }

    [Fact]
    public void Of_a_template_without_the_begin_token_that_ollama_writes_says_so()
    {
        using var folder = new TempFolder();
        var ollama = OllamaTemplate.Of(ChatTemplates.Auto, Own(folder, ChatMlWithDefault), SampleTokenizer.Load(), Vocabulary(true));
        Assert.NotNull(ollama.Text);
        Assert.Equal("Ollama begins a chat with <s>, which the model's chat template does not write", ollama.Note);
    }

    [Fact]
    public void Of_the_templates_of_well_known_models_is_none_or_what_they_write()
    {
        Assert.SkipUnless(RealTemplates.All.Count > 0, "no chat templates in artifacts/node; eng/test-services.sh gets them");
        var found = new List<string>();
        foreach (var (name, template) in RealTemplates.All)
        {
            using var folder = new TempFolder();
            var own = Own(folder, template);
            var text = OllamaTemplate.Of(ChatTemplates.Auto, own, SampleTokenizer.Load(), Vocabulary(false)).Text;
            if (text is null) continue;
            found.Add(name);
            foreach (var messages in Conversations(text.Contains("\"system\"", StringComparison.Ordinal)))
                Assert.Equal(own.RenderPrompt(messages), new GoTemplate(text).Render(messages));
        }

        Assert.True(found.Count > RealTemplates.All.Count / 2, $"only {string.Join(", ", found)}");
    }

    // As Ollama: the begin token where the file says so, then the template's text with its special tokens.
    private static void Check(
        OllamaTemplate ollama, ITokenizer tokenizer, bool adds, SampleEncoder encoder, IEnumerable<ChatMessage[]> chats)
    {
        var template = new GoTemplate(Assert.IsType<string>(ollama.Text));
        foreach (var messages in chats)
        {
            var ids = tokenizer.EncodeWithSpecialTokens(template.Render(messages));
            Assert.Equal(encoder.EncodePrompt(messages), adds ? [SampleTokenizer.Bos, .. ids] : ids);
        }
    }

    private static IEnumerable<ChatMessage[]> Conversations(bool system)
    {
        ChatMessage[] turns = [.. Chat.WithoutSystem[..^1], new("assistant", "An\nassistant"), new("user", "Good")];
        foreach (var count in (int[])[1, 3, 5])
        {
            yield return turns[..count];
            if (system) yield return [Chat.Messages[0], .. turns[..count]];
        }
    }

    private static FolderChatTemplate Own(TempFolder folder, string template)
    {
        File.WriteAllText(folder["chat_template.jinja"], template);
        File.WriteAllText(folder["tokenizer_config.json"], """{"bos_token": "<s>", "eos_token": "</s>"}""");
        return FolderChatTemplate.Load(folder.Root, JinjaOracle.Now)!;
    }

    private static GgufVocabulary Vocabulary(bool adds) =>
        GgufVocabulary.Read(SampleTokenizer.Folder, SampleTokenizer.VocabularySize) with { AddBosToken = adds };
}
