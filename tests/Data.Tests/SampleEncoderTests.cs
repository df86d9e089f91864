namespace LisaOrleans.Data.Tests;

public sealed class SampleEncoderTests
{
    private readonly ITokenizer _tokenizer = SampleTokenizer.Load();

    private int[] Prompt => _tokenizer.Encode("What is a fox?");

    // A space before the first word of a text does not show in its ids.
    private int[] Answer => _tokenizer.Encode("It is red.");

    [Fact]
    public void Encode_text_is_learned_except_its_begin_token()
    {
        var sample = Encode(new Example { Text = "It is red." });
        Assert.Equal(Ids([SampleTokenizer.Bos], Answer, [SampleTokenizer.Eos]), sample.InputIds);
        Assert.Equal(Mask((1, false), (Answer.Length + 1, true)), sample.Trained);
    }

    [Fact]
    public void Encode_prompt_and_completion_learns_only_the_completion_and_the_end()
    {
        var sample = Encode(Example.Of("What is a fox?", " It is red."));
        Assert.Equal(Ids([SampleTokenizer.Bos], Prompt, Answer, [SampleTokenizer.Eos]), sample.InputIds);
        Assert.Equal(Mask((1 + Prompt.Length, false), (Answer.Length + 1, true)), sample.Trained);
    }

    [Theory]
    [InlineData("What is a fox?", " It is red.")]
    [InlineData("What is a fox?", "It is red.")]
    [InlineData("What is a fox? ", "It is red.")]
    [InlineData("", "It is red.")]
    [InlineData("", "日本")]
    [InlineData("fo", "x")]
    [InlineData("日", "  本\n")]
    [InlineData("a</s>", "<s></s>b")]
    public void Encode_prompt_and_completion_have_the_ids_of_the_whole_text(string prompt, string completion)
    {
        foreach (var tokenizer in (ITokenizer[])[_tokenizer, TokenizerLoader.Load(TestAssets.Require("llama2-tokenizer"))])
        {
            var sample = new SampleEncoder(tokenizer, new DatasetSettings()).Encode(Example.Of(prompt, completion));
            Assert.Equal([1, .. tokenizer.EncodeWithSpecialTokens(prompt + completion), 2], sample.InputIds);

            // Hugging Face's mask: the ids of the prompt alone are not learned if the whole begins with them.
            var alone = tokenizer.EncodeWithSpecialTokens(prompt);
            if (sample.InputIds.Skip(1).Take(alone.Length).SequenceEqual(alone))
                Assert.Equal(Mask((1 + alone.Length, false), (sample.InputIds.Length - 1 - alone.Length, true)), sample.Trained);
        }
    }

    [Fact]
    public void Encode_token_over_the_boundary_is_learned()
    {
        var whole = _tokenizer.Encode("by the");
        var only = Assert.Single(_tokenizer.Encode("the"));
        Assert.Equal(only, whole[^1]);
        var sample = Encode(Example.Of("by th", "e"));
        Assert.Equal(Ids([SampleTokenizer.Bos], whole, [SampleTokenizer.Eos]), sample.InputIds);
        Assert.Equal(Mask((whole.Length, false), (2, true)), sample.Trained);
    }

    [Fact]
    public void Encode_train_on_prompt_learns_all_but_the_begin_token()
    {
        var answer = Encode(Example.Of("What is a fox?", " It is red."));
        var all = Encode(Example.Of("What is a fox?", " It is red."), new DatasetSettings { TrainOnPrompt = true });
        Assert.Equal(answer.InputIds, all.InputIds);
        Assert.Equal(Mask((1, false), (answer.InputIds.Length - 1, true)), all.Trained);
    }

    [Fact]
    public void Encode_conversation_learns_every_answer_with_its_end_of_turn()
    {
        using var folder = new TempFolder();
        var tokenizer = SampleTokenizer.Load(
            folder, """{"added_tokens_decoder":{"512":{"content":"<|im_start|>"},"513":{"content":"<|im_end|>"}}}""");
        var sample = new SampleEncoder(tokenizer, new DatasetSettings { Template = "chatml" }).Encode(new Example { Messages = Chat.Messages });

        // The ids of the whole text: SentencePiece would put a space before each piece that is encoded by itself.
        var text = string.Concat(Chat.Messages.Select(m => $"<|im_start|>{m.Role}\n{m.Content}<|im_end|>\n"));
        Assert.Equal(tokenizer.EncodeWithSpecialTokens(text).Prepend(SampleTokenizer.Bos), sample.InputIds);
        var learned = sample.InputIds.Zip(sample.Trained).Where(t => t.Second).Select(t => t.First).ToArray();
        Assert.Equal(
            "Hi there\nI am an assistant\n", tokenizer.Decode(learned).Replace(" \n", "\n", StringComparison.Ordinal)
                .Replace("<|im_end|>", "", StringComparison.Ordinal).TrimStart());
    }

    [Fact]
    public void Encode_special_tokens_of_a_text_column_are_recognised_and_never_doubled()
    {
        int[] content = [SampleTokenizer.Bos, .. _tokenizer.Encode("It is red."), SampleTokenizer.Eos];
        var sample = Encode(new Example { Text = "<s>It is red.</s>" });
        Assert.Equal(content, sample.InputIds);
        Assert.Equal(Mask((1, false), (content.Length - 1, true)), sample.Trained);
    }

    [Fact]
    public void Encode_chat_without_a_template_is_refused_with_those_to_choose_from()
    {
        var e = Assert.Throws<MissingChatTemplateException>(() => Encode(new Example { Messages = Chat.Messages, IsChat = true }));
        Assert.Equal(
            "is a chat, and the model's folder has no chat template to write it with; choose one by --template: chatml, llama2, llama3, "
                + "qwen2, zephyr, alpaca (or plain, which joins the turns)",
            e.Message);
    }

    [Fact]
    public void Encode_tokenizer_that_adds_no_bos_gives_none()
    {
        using var folder = new TempFolder();
        var encoder = new SampleEncoder(SampleTokenizer.Load(folder, """{"add_bos_token":false}"""), new DatasetSettings());
        Assert.Equal(Ids(Prompt, Answer, [SampleTokenizer.Eos]), encoder.Encode(Example.Of("What is a fox?", " It is red.")).InputIds);
        Assert.Equal(Prompt, encoder.EncodePrompt("What is a fox?"));
    }

    [Fact]
    public void Encode_special_tokens_of_a_rendered_prompt_and_completion_are_recognised_and_never_doubled()
    {
        var sample = Encode(Example.Of("<s>a</s>", "b</s>"));
        int[] prompt = [SampleTokenizer.Bos, .. _tokenizer.Encode("a"), SampleTokenizer.Eos];
        Assert.Equal(_tokenizer.EncodeWithSpecialTokens("<s>a</s>b</s>"), sample.InputIds);
        Assert.Equal(Mask((prompt.Length, false), (sample.InputIds.Length - prompt.Length, true)), sample.Trained);
        Assert.Equal(SampleTokenizer.Eos, Assert.Single(Encode(Example.Of("a", "b</s>")).InputIds, i => i == SampleTokenizer.Eos));
        Assert.Equal([SampleTokenizer.Eos, SampleTokenizer.Eos], Encode(Example.Of("a</s>", "")).InputIds[^2..]);
        Assert.False(Encode(Example.Of("<s>a", "b"), new DatasetSettings { TrainOnPrompt = true }).Trained[0]);

        var encoder = new SampleEncoder(_tokenizer, new DatasetSettings());
        Assert.Equal(prompt, encoder.EncodePrompt("<s>a</s>"));
        Assert.Equal(prompt, encoder.EncodeText("a</s>"));
    }

    [Fact]
    public void Encode_special_tokens_in_what_people_wrote_are_text_to_a_template_of_a_name()
    {
        foreach (var template in ChatTemplates.Names.Where(n => n != ChatTemplates.Auto))
        {
            var ids = Encode(Example.Of("a</s>b<s>", "c</s>d"), new DatasetSettings { Template = template }).InputIds;
            var clean = Encode(Example.Of("a", "c"), new DatasetSettings { Template = template }).InputIds;
            Assert.Equal(clean.Count(i => i is 1 or 2), ids.Count(i => i is 1 or 2));
        }
    }

    [Fact]
    public void Encode_tokens_of_a_record_do_not_depend_on_the_records_before_it()
    {
        using var folder = new TempFolder();
        var json = TokenizerJson.SentencePiece();
        json["model"]!["byte_fallback"] = false;

        // Of both conversations, only x is unknown.
        var vocabulary = json["model"]!["vocab"]!.AsObject();
        foreach (var character in "<|im_start|>user\nassistant<|im_end|><unk>".Where(c => !vocabulary.ContainsKey($"{c}")).Distinct().ToArray())
            vocabulary[$"{character}"] = vocabulary.Count;
        var tokenizer = TokenizerJson.Load(folder, json);
        Example[] examples = [Example.Of("ab", "a<unk>b"), Example.Of("ab", "axb")];
        var alone = examples.Select(e => Encoder().Encode(e).InputIds).ToArray();
        foreach (var order in (int[][])[[0, 1], [1, 0]])
        {
            var encoder = Encoder();
            foreach (var i in order) Assert.Equal(alone[i], encoder.Encode(examples[i]).InputIds);
        }

        Assert.DoesNotContain(0, alone[0]);
        Assert.Single(alone[1], 0);
        SampleEncoder Encoder() => new(tokenizer, new DatasetSettings { Template = "chatml" });
    }

    [Fact]
    public void EncodePrompt_any_template_gives_the_beginning_of_a_sample()
    {
        foreach (var template in ChatTemplates.Names)
        {
            var settings = new DatasetSettings { Template = template };
            var sample = Encode(Example.Of("What is a fox?", " It is red."), settings);
            var prompt = new SampleEncoder(_tokenizer, settings).EncodePrompt("What is a fox?");
            Assert.Equal(sample.InputIds[..prompt.Length], prompt);
            Assert.Equal(Mask((prompt.Length, false), (sample.InputIds.Length - prompt.Length, true)), sample.Trained);
        }
    }

    private EncodedSample Encode(Example example, DatasetSettings? settings = null) =>
        new SampleEncoder(_tokenizer, settings ?? new DatasetSettings()).Encode(example);

    private static int[] Ids(params int[][] pieces) => [.. pieces.SelectMany(p => p)];

    private static bool[] Mask(params (int Count, bool Trained)[] runs) => [.. runs.SelectMany(r => Enumerable.Repeat(r.Trained, r.Count))];
}
