namespace LisaOrleans.Data.Tests;

/// <summary>Turns that say whether they are learned, against settings that say which turns are.</summary>
public sealed class TurnWeightTests
{
    private readonly ITokenizer _tokenizer = SampleTokenizer.Load();

    // A turn of weight 0 is context only, whatever else is learned.
    [Fact]
    public void Tokenize_train_on_prompt_leaves_turns_their_own_weight_in_every_template()
    {
        const string Chat = """{"messages":[{"role":"system","content":"bird","train":false},{"role":"user","content":"the cat."},"""
            + """{"role":"assistant","content":"wood","weight":0},{"role":"user","content":"b"},{"role":"assistant","content":"fox","weight":2}]}""";
        foreach (var template in ChatTemplates.Names.Where(n => n != ChatTemplates.Auto))
        {
            using var data = Tokenize(Chat, new DatasetSettings { Template = template, TrainOnPrompt = true });
            Assert.Equal("bird", Said(data, 0, "bird"));
            Assert.Equal("wood", Said(data, 0, "wood"));
            Assert.Equal("the cat.", Said(data, 1, "the cat."));
            Assert.Equal("fox", Said(data, 2, "fox"));
        }
    }

    [Fact]
    public void Tokenize_train_on_prompt_counts_no_last_turn_of_weight_0_nor_its_end()
    {
        const string Chat = """{"messages":[{"role":"user","content":"the cat."},{"role":"assistant","content":"fox","weight":0}]}""";
        var settings = new DatasetSettings { Template = "plain", TrainOnPrompt = true };
        using var data = Tokenize(Chat, settings);
        Assert.Equal(0, data.LossMask(0)[^1]);
        Assert.Equal("the cat.", Said(data, 1, "the cat."));
        Assert.Contains("none of 1 samples has anything to learn: each is empty, or context only", Assert.Throws<DatasetException>(() =>
        {
            using var none = Tokenize(Chat, settings with { TrainOnPrompt = false });
        }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_train_on_last_leaves_turns_their_own_weight()
    {
        const string Chat = """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"wood","weight":1},"""
            + """{"role":"user","content":"b"},{"role":"assistant","content":"bird"},{"role":"user","content":"c"},"""
            + """{"role":"assistant","content":"fox"}]}""";
        using var data = Tokenize(Chat, new DatasetSettings { Template = "chatml", TrainOn = TrainOn.Last });
        Assert.Equal("wood", Said(data, 1, "wood"));
        Assert.Equal("bird", Said(data, 0, "bird"));
        Assert.Equal("fox", Said(data, 1, "fox"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{% generation %}")]
    public void Encode_train_on_prompt_leaves_turns_their_own_weight_in_the_folders_own_template(string generation)
    {
        using var folder = new TempFolder();
        var end = generation.Length > 0 ? "{% endgeneration %}" : "";
        File.WriteAllText(
            folder["chat_template.jinja"],
            "{% for m in messages %}{% if m.role == 'assistant' %}<" + generation + "{{ m.content }}>" + end
                + "{% else %}{{ m.content }}:{% endif %}{% endfor %}{% if add_generation_prompt %}<{% endif %}");
        File.WriteAllText(folder["tokenizer_config.json"], "{}");
        var encoder = new SampleEncoder(
            _tokenizer, new DatasetSettings { TrainOnPrompt = true }, FolderChatTemplate.Load(folder.Root, DateTimeOffset.UnixEpoch));
        ChatMessage[] messages =
            [new("user", "a"), new("assistant", "wood") { Train = false }, new("user", "b"), new("assistant", "fox") { Weight = 2 }];
        Assert.Equal(("wood>", "fox>"), (Counted(0), Counted(2)));
        messages[2] = messages[2] with { Train = false };
        Assert.Equal(("wood>b:", "fox>"), (Counted(0), Counted(2)));
        messages = [.. messages.Select(m => new ChatMessage(m.Role, m.Content) { Train = m.Role == "assistant" ? true : null })];
        Assert.Equal("a:<wood>b:<fox>", Counted(1));

        string Counted(float weight)
        {
            var sample = encoder.Encode(new Example { Messages = messages, IsChat = true });
            var weights = sample.Weights ?? Array.ConvertAll(sample.Trained, t => t ? 1f : 0f);
            return _tokenizer.Decode([.. sample.InputIds.Where((id, i) => weights[i] == weight && id != SampleTokenizer.Bos)])
                .Replace(" ", "", StringComparison.Ordinal);
        }
    }

    // The given words, if their tokens count by a weight; otherwise those of all tokens that do.
    private string Said(TokenizedDataset data, float weight, string words)
    {
        var weights = data.LossWeights(0).Length > 0 ? data.LossWeights(0).ToArray() : Array.ConvertAll(data.LossMask(0).ToArray(), m => (float)m);
        var said = string.Concat(SampleText.Pieces(
            _tokenizer, data.InputIds(0).ToArray(), Array.ConvertAll(weights, w => w == weight ? (byte)1 : (byte)0))
                .Where(p => p.Learned).Select(p => p.Text));
        return said.Contains(words, StringComparison.Ordinal) ? words : said;
    }

    private TokenizedDataset Tokenize(string records, DatasetSettings settings)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], records);
        return DatasetTokenizer.Tokenize(folder["d"], _tokenizer, settings, 1024, 512, null, TestContext.Current.CancellationToken);
    }
}
