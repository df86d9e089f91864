using System.Text;

namespace LisaOrleans.Data.Tests;

/// <summary>Records, turns and tokens that count more or less than others.</summary>
public sealed class WeightTests
{
    private const string Right =
        "it must be 0 (context only), 1 (learned), or another positive number that float32 holds, such as 0.5 (counts half)";

    private readonly ITokenizer _tokenizer = SampleTokenizer.Load();

    [Fact]
    public void Tokenize_turn_counts_by_its_weight_in_every_template()
    {
        const string Chat = """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"wood","weight":0.5},"""
            + """{"role":"user","content":"b"},{"role":"assistant","content":"fox","weight":2}]}""";
        foreach (var template in ChatTemplates.Names.Where(n => n != ChatTemplates.Auto))
        {
            using var data = Tokenize(Chat, new DatasetSettings { Template = template });
            Assert.Contains("wood", Text(0.5f), StringComparison.Ordinal);
            Assert.Contains("fox", Text(2), StringComparison.Ordinal);
            Assert.DoesNotContain("fox", Text(0.5f), StringComparison.Ordinal);
            Assert.Equal(data.InputIds(0).Length, (int)data.LossWeights(0).ToArray().Count(w => w is 0 or 0.5f or 2));

            string Text(float weight) => string.Concat(SampleText.Pieces(
                _tokenizer, data.InputIds(0).ToArray(), Array.ConvertAll(data.LossWeights(0).ToArray(), w => w == weight ? (byte)1 : (byte)0))
                    .Where(p => p.Learned).Select(p => p.Text));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("{% generation %}")]
    public void Encode_turn_counts_by_its_weight_in_the_folders_own_template(string generation)
    {
        using var folder = new TempFolder();
        var end = generation.Length > 0 ? "{% endgeneration %}" : "";
        File.WriteAllText(
            folder["chat_template.jinja"],
            "{% for m in messages %}{% if m.role == 'assistant' %}" + generation + "<{{ m.content }}>" + end
                + "{% else %}{{ m.content }}:{% endif %}{% endfor %}");
        File.WriteAllText(folder["tokenizer_config.json"], "{}");
        var encoder = new SampleEncoder(_tokenizer, new DatasetSettings(), FolderChatTemplate.Load(folder.Root, DateTimeOffset.UnixEpoch));
        ChatMessage[] messages =
            [new("user", "a"), new("assistant", "wood") { Weight = 0.5f }, new("user", "b"), new("assistant", "fox") { Weight = 2 }];

        var sample = encoder.Encode(new Example { Messages = messages, IsChat = true });
        Assert.Equal([0, 0.5f, 2], sample.Weights!.Distinct().Order());
        var second = Array.IndexOf(sample.Weights!, 2);
        Assert.Contains("wood", _tokenizer.Decode(sample.InputIds[..second]), StringComparison.Ordinal);
        Assert.Contains("fox", _tokenizer.Decode(sample.InputIds[second..]), StringComparison.Ordinal);

        var once = encoder.Encode(new Example { Messages = [.. messages.Select(m => m with { Weight = 1 })], IsChat = true });
        Assert.Equal(sample.Trained, once.Trained);
        Assert.Null(once.Weights);
    }

    [Theory]
    [InlineData("""{"text":"the fox","weight":0.5}""")]
    [InlineData("""{"prompt":"the","completion":" fox","weight":0.5}""")]
    [InlineData("""{"instruction":"the","output":" fox","weight":0.5}""")]
    [InlineData("""{"messages":[{"role":"user","content":"the"},{"role":"assistant","content":"fox","weight":0.25}],"weight":2}""")]
    [InlineData("""{"input_ids":[5,6,7],"weights":[0,0.5,0.5]}""")]
    [InlineData("""{"input_ids":[5,6,7],"labels":[-100,6,7],"weights":[3,0.25,0.25],"weight":2}""")]
    [InlineData("prompt,completion,weight\nthe, fox,0.5")]
    public void Tokenize_record_counts_by_its_weight(string record)
    {
        using var data = Tokenize(record, new DatasetSettings { Template = "chatml" });
        Assert.Equal([0, 0.5f], data.LossWeights(0)[1..].ToArray().Append(0).Distinct().Order());
        Assert.Equal(data.Statistics.TrainedTokens, data.Statistics.Weights!.Value.Tokens);
        var line = Assert.Single(DatasetReport.Lines(data.Statistics, 1024));
        Assert.Equal($"{data.Statistics.TrainedTokens} learned tokens, 100 % of all, have weights other than 1: from 0.5 to 0.5", line);
    }

    [Theory]
    [InlineData("-1", "-1")]
    [InlineData("1e39", "1e39")]
    [InlineData("1e-50", "1e-50")]
    [InlineData("\"0.5\"", "the text '0.5'")]
    [InlineData("true", "true or false")]
    [InlineData("[1]", "a list")]
    public void Read_weight_that_is_none_is_refused_by_line_and_field(string weight, string problem)
    {
        Assert.Equal(
            $": line 2: messages[0]: field 'weight' is {problem}; {Right}",
            Error($$"""{"messages":[{"role":"assistant","content":"a","weight":{{weight}}}]}"""));
        Assert.Equal(
            $": line 2: field 'weight' is {problem}; {Right}",
            Error($$"""{"messages":[{"role":"assistant","content":"a"}],"weight":{{weight}}}"""));

        static string Error(string record) => Dataset.Error(Encoding.UTF8.GetBytes(
            """{"messages":[{"role":"assistant","content":"a","weight":null}]}""" + "\n" + record));
    }

    [Fact]
    public void Tokenize_weight_that_is_an_empty_cell_is_missing()
    {
        using var data = Tokenize("prompt,completion,weight\nthe, fox,0.5\nthe, owl,\n", new DatasetSettings { Template = "chatml" });
        Assert.Contains(0.5f, data.LossWeights(0).ToArray());
        Assert.Equal([0f, 1f], data.LossWeights(1).ToArray().Distinct());
        Assert.Equal(
            $": line 2: field 'weight' is the text 'half'; {Right}", Dataset.Error("prompt,completion,weight\na,b,half\n"u8.ToArray()));
    }

    [Theory]
    [InlineData("NaN", "is not valid JSON")]
    [InlineData("Infinity", "is not valid JSON")]
    public void Read_weight_that_no_JSON_has_is_refused_by_line(string weight, string problem) => Assert.Contains(
        $": line 1, byte 22: {problem}", Dataset.Error(Encoding.UTF8.GetBytes($$"""{"text":"a","weight":{{weight}}}""")), StringComparison.Ordinal);

    [Theory]
    [InlineData("[1,null,1]", "field 'weights[1]' is null; " + Right)]
    [InlineData("[1,1,-0.5]", "field 'weights[2]' is -0.5; " + Right)]
    [InlineData("[1,1]", "field 'weights' has 2 entries, input_ids 3")]
    [InlineData("0.5", "field 'weights' is a number; it must be a list")]
    public void Read_weights_that_do_not_fit_the_tokens_are_refused_by_field(string weights, string problem) => Assert.Equal(
        $": line 1: {problem}", Dataset.Error(Encoding.UTF8.GetBytes($$"""{"input_ids":[5,6,7],"weights":{{weights}}}""")));

    [Fact]
    public void Tokenize_product_of_weights_that_float32_does_not_hold_is_refused_by_line()
    {
        var e = Assert.Throws<DatasetException>(() => Tokenize("""{"input_ids":[5,6],"weights":[1,1e30],"weight":1e30}""", new DatasetSettings()));
        Assert.Contains(
            "line 1: field 'weight' is 1E+30, and a token in it weighs 1E+30; the product must be a number that float32 holds", e.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Read_weight_of_a_turn_in_a_pair_of_answers_must_be_0_or_1()
    {
        using var folder = new TempFolder();
        const string Answer = """[{"role":"user","content":"u"},{"role":"assistant","content":"a","weight":0.5}]""";
        File.WriteAllText(folder["d"], $$"""{"chosen":{{Answer}},"rejected":{{Answer}}}""");
        var e = Assert.Throws<DatasetException>(
            () => DatasetReader.ReadPairs(folder["d"], new DatasetSettings { Template = "chatml" }).Count());
        Assert.EndsWith(
            "[1]: field 'weight' is 0.5; with an objective that learns from pairs of answers, it must be 0 (context only) or 1 (learned)", e.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_weights_of_0_and_1_are_kept_as_a_mask()
    {
        using var data = Tokenize("""{"input_ids":[5,6,7],"weights":[0,1,0],"weight":1}""", new DatasetSettings());
        Assert.Empty(data.LossWeights(0).ToArray());
        Assert.Equal([0, 1, 0], data.LossMask(0).ToArray());
        Assert.Null(data.Statistics.Weights);
        Assert.Empty(DatasetReport.Lines(data.Statistics, 1024));
    }

    [Fact]
    public void Tokenize_samples_before_the_first_with_weights_keep_their_mask()
    {
        using var data = Tokenize(
            """
            {"input_ids":[5,6,7],"labels":[-100,-100,7]}
            {"input_ids":[8,9],"weights":[1,4]}
            {"input_ids":[5,6]}
            """,
            new DatasetSettings());
        Assert.Equal([0, 0, 1, 1, 4, 1, 1], data.Weights.ToArray());
        Assert.Equal([0, 0, 1], data.LossMask(0).ToArray());
        Assert.Equal((3, new WeightFigures(1, 4, 4)), (data.Statistics.TrainedTokens, data.Statistics.Weights));
    }

    // A text of weight 0.5 over two blocks, and a record that teaches nothing.
    [Fact]
    public void Tokenize_weights_go_with_their_tokens_into_blocks()
    {
        using var data = Tokenize(
            """
            {"input_ids":[5,6,7,8,9],"weight":0.5}
            {"input_ids":[5,6],"weight":0}
            """,
            new DatasetSettings(), block: 3);
        Assert.Equal(2, data.Count);
        Assert.Equal([0.5f, 0.5f, 0.5f], data.LossWeights(0).ToArray());
        Assert.Equal([0.5f, 0.5f], data.LossWeights(1).ToArray());
        Assert.Equal(1, data.Statistics.Skipped);
    }

    [Fact]
    public void Build_weights_stand_at_the_labels_and_only_where_they_matter()
    {
        using var data = Tokenize(
            """
            {"input_ids":[10,11,12],"weights":[9,0.5,2]}
            {"input_ids":[20,21],"weights":[7,1]}
            """,
            new DatasetSettings());
        var builder = new MicroBatchBuilder(data, PackedBlocks.Pack(data, 5), 3);
        var packed = builder.Build([0]);
        Assert.Equal([11, 12, MicroBatch.IgnoreIndex, 21, MicroBatch.IgnoreIndex], packed.Labels);
        Assert.Equal([0.5f, 2, 0, 1, 0], packed.LossWeights!);
        Assert.Equal((3, 3.5), (packed.LabelCount, packed.LossWeight));

        var plain = new MicroBatchBuilder(data, packing: null, 3);
        var (weighted, once) = (plain.Build([0]), plain.Build([1]));
        Assert.Equal(2.5, weighted.LossWeight);
        Assert.Null(once.LossWeights);
        Assert.Equal(3.5, MicroBatch.WeightOf([weighted, once]));
        Assert.Equal(1, MicroBatch.WeightOf([new MicroBatchBuilder(data, null, 3, masked: [0]).Build([0])]));
    }

    [Theory]
    [InlineData(-1f, "a weight is -1; it must be finite, and at least 0")]
    [InlineData(float.NaN, "a weight is NaN")]
    [InlineData(float.PositiveInfinity, "a weight is ")]
    public void CheckWeights_number_that_is_none_is_refused(float weight, string problem) => Assert.Contains(
        problem, Assert.Throws<DatasetException>(() => TokenizedDataset.CheckWeights([1, weight])).Message, StringComparison.Ordinal);

    private TokenizedDataset Tokenize(string records, DatasetSettings settings, int block = 1024)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], records);
        return DatasetTokenizer.Tokenize(folder["d"], _tokenizer, settings, block, 512, null, TestContext.Current.CancellationToken);
    }
}
