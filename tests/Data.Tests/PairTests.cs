using System.Text.Json;

namespace LisaOrleans.Data.Tests;

/// <summary>Pairs of answers: what of them is learned, and how they become samples and rows.</summary>
public sealed class PairTests
{
    private readonly ITokenizer _tokenizer = SampleTokenizer.Load();

    // TRL's implicit prompt: Anthropic's hh-rlhf has it in both texts. The space before the answers is theirs.
    [Theory]
    [InlineData("Is it red? Yes.", "Is it red? No.", "Is it red?", " Yes.", " No.")]
    [InlineData("Human: a\n\nAssistant:b", "Human: a\n\nAssistant:c", "Human: a\n\nAssistant:", "b", "c")]
    [InlineData("p \U0001F600", "p \U0001F601", "p ", "\U0001F600", "\U0001F601")]
    public void ReadPairs_texts_without_a_prompt_begin_with_it(string chosen, string rejected, string prompt, string good, string bad)
    {
        var pair = Read(JsonSerializer.Serialize(new { chosen, rejected }));
        Assert.Equal([$"user: {prompt}", $"assistant: {good}"], Dataset.Turns(pair.Chosen));
        Assert.Equal([$"user: {prompt}", $"assistant: {bad}"], Dataset.Turns(pair.Rejected));
    }

    [Fact]
    public void ReadPairs_turns_that_both_conversations_begin_with_are_not_learned()
    {
        const string Shared = """{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"},""";
        var pair = Read(
            $$"""{"chosen":[{{Shared}}{"role":"assistant","content":"d"}],"rejected":[{{Shared}}{"role":"assistant","content":"e"}]}""");
        Assert.Equal([false, false, false, true], pair.Chosen.Messages.Select(m => m.IsLearned));
        Assert.Equal([false, false, false, true], pair.Rejected.Messages.Select(m => m.IsLearned));
    }

    [Theory]
    [InlineData("""{"chosen":"a b","rejected":"a b"}""", "field 'prompt' is missing, and one answer is how the other begins")]
    [InlineData("""{"chosen":"yes","rejected":"no"}""", "field 'prompt' is missing, and chosen and rejected do not begin with one")]
    [InlineData("""{"chosen":[{"role":"assistant","content":"a"}],"rejected":"b"}""", "field 'rejected' must be of the same kind as chosen")]
    [InlineData("""{"prompt":"p","chosen":"a","rejected":"b","tools_used":[1]}""", "field 'tools_used' is not used")]
    [InlineData("""{"input":{"messages":[{"role":"user","content":"p"}]},"preferred_output":[{"role":"assistant","content":"a"}]}""",
        "field 'non_preferred_output' is missing")]
    [InlineData(
        """{"input":"p","preferred_output":[{"role":"assistant","content":"a"}],"""
            + """ "non_preferred_output":[{"role":"assistant","content":"b"}]}""",
        "field 'input' must be an object with messages")]
    [InlineData("""{"messages":[{"role":"user","content":"p"}]}""", "field 'chosen' is missing; a pair of answers has")]
    public void ReadPairs_record_that_is_no_pair_is_named(string record, string problem)
    {
        var error = Assert.ThrowsAny<DatasetException>(() => Read("""{"prompt":"p","chosen":"a","rejected":"b"}""" + "\n" + record));
        Assert.Contains($": line 2: {problem}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_pairs_become_two_samples_each_and_are_left_out_together()
    {
        const string Records =
            """
            {"prompt":"What is a fox?","chosen":" It is red.","rejected":" No."}
            {"prompt":"Say much about the fox, please.","chosen":" It is.","rejected":" No."}
            {"prompt":"x","chosen":" y","rejected":" It is red."}
            """;
        var encoder = new SampleEncoder(_tokenizer, new DatasetSettings());
        EncodedSample[] all =
        [
            .. Write(Records).SelectMany(p => new[] { encoder.Encode(p.Chosen), encoder.Encode(p.Rejected) }),
        ];
        using var whole = Tokenize(Records, 64);
        Assert.Equal(6, whole.Count);
        for (var i = 0; i < 6; i++) Assert.Equal(all[i].InputIds, whole.InputIds(i).ToArray());
        Assert.Equal((3, 6, 0, 0), Counts(whole));

        // The second prompt alone fills the block.
        var block = Math.Max(all[0].InputIds.Length, all[5].InputIds.Length) - 1;
        Assert.True(Array.IndexOf(all[2].Trained, true) >= block);
        using var cut = Tokenize(Records, block);
        Assert.Equal(4, cut.Count);
        Assert.Equal(all[4].InputIds, cut.InputIds(2).ToArray());
        var statistics = cut.Statistics;
        Assert.Equal((3, 4, 1), (statistics.Records, statistics.Samples, statistics.Skipped));
    }

    // Anthropic's hh-rlhf has such pairs among thousands of others.
    [Fact]
    public void Tokenize_pairs_of_which_one_answer_begins_the_other_are_left_out_and_told()
    {
        const string Pair = """{"chosen":"Is it red? Yes.","rejected":"Is it red? No."}""";
        const string Alike = """{"chosen":"Is it red? Yes.","rejected":"Is it red?"}""";
        using var data = Tokenize($"{Pair}\n{Alike}\n{Pair}\n{Alike}", 64);
        Assert.Equal((4, 4, 0, 0), Counts(data));
        Assert.Equal(
            [
                "2 pairs left out: without a prompt, one answer is how the other begins, so where the prompt ends cannot be told; "
                    + "the first is line 2 of d",
            ],
            DatasetReport.Lines(data.Statistics, 64));

        var error = Assert.Throws<UnclearPromptException>(() => Tokenize($"{Alike}\n{Alike}", 64));
        Assert.Contains("line 1: field 'prompt' is missing, and one answer is how the other", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_chosen_answers_of_such_pairs_are_left_out_as_well()
    {
        const string Pairs = """{"chosen":"a b","rejected":"a c"}""" + "\n" + """{"chosen":"a b","rejected":"a b"}""";
        using var data = Tokenize(Pairs, 64, new DatasetSettings { Format = "chosen" }, pairs: false);
        Assert.Equal((2, 1, 0, 0), Counts(data));

        // As the store keeps it.
        var statistics = JsonSerializer.Deserialize<DatasetStatistics>(JsonSerializer.Serialize(data.Statistics))!;
        Assert.Equal(new UnclearPrompts(1, "line 2 of d"), statistics.UnclearPrompts);
    }

    [Fact]
    public void Build_pairs_are_two_rows_each_and_counted_once()
    {
        var samples = Enumerable.Range(0, 6).Select(i => new EncodedSample([10 * i, (10 * i) + 1, (10 * i) + 2], [false, false, true])).ToList();
        using var data = TokenizedDataset.Create(samples, new DatasetStatistics());
        var batch = new MicroBatchBuilder(data, packing: null, 7, pairs: true).Build([2, 0]);
        Assert.Equal([4, 5, 0, 1], batch.SampleIds);
        Assert.Equal((4, 3, 4, 2), (batch.BatchSize, batch.SequenceLength, batch.LabelCount, batch.LossWeight));
        Assert.Equal([40, 41, 42, 50, 51, 52, 0, 1, 2, 10, 11, 12], batch.InputIds);
        Assert.Equal(1, (batch with { Labels = [-100, -100, -100, .. batch.Labels[3..]] }).LossWeight);
    }

    private static (int, int, int, int) Counts(TokenizedDataset data) =>
        (data.Statistics.Records, data.Statistics.Samples, data.Statistics.Truncated, data.Statistics.Skipped);

    private static PreferencePair Read(string records) => Write(records)[^1];

    private static PreferencePair[] Write(string records)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], records);
        return [.. DatasetReader.ReadPairs(folder["d"], new DatasetSettings())];
    }

    private TokenizedDataset Tokenize(string records, int block, DatasetSettings? settings = null, bool pairs = true)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], records);
        return DatasetTokenizer.Tokenize(
            folder["d"], _tokenizer, settings ?? new DatasetSettings(), block, 512, null, TestContext.Current.CancellationToken,
            pairs: pairs);
    }
}
