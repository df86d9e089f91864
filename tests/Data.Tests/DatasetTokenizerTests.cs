namespace LisaOrleans.Data.Tests;

public sealed class DatasetTokenizerTests
{
    private const string Records =
        """
        {"prompt":"What is a fox?","completion":"It is red."}
        {"prompt":"Say much about the fox, please.","completion":"It is."}
        {"prompt":"x","completion":"y"}
        """;

    private readonly ITokenizer _tokenizer = SampleTokenizer.Load();

    [Fact]
    public void Tokenize_samples_that_fit_are_kept_whole()
    {
        var data = Tokenize(Records, 64);
        var encoder = new SampleEncoder(_tokenizer, new DatasetSettings());
        var whole = Dataset.Read(Records).Select(encoder.Encode).ToArray();
        Assert.Equal(3, data.Count);
        for (var i = 0; i < data.Count; i++)
        {
            Assert.Equal(whole[i].InputIds, data.InputIds(i).ToArray());
            Assert.Equal(whole[i].Trained, data.LossMask(i).ToArray().Select(m => m == 1));
        }

        Assert.Equal((3, 3, 0, 0), (data.Statistics.Records, data.Statistics.Samples, data.Statistics.Truncated, data.Statistics.Skipped));
        Assert.Equal(whole.Sum(s => s.InputIds.Length), data.Statistics.Tokens);
        Assert.Equal(whole.Sum(s => s.Trained.Count(t => t)), data.Statistics.TrainedTokens);
        int[] lengths = [.. whole.Select(s => s.InputIds.Length).Order()];
        Assert.Equal(new SampleLengths(lengths[0], lengths[1], lengths[2], lengths[2]), data.Statistics.Lengths);
    }

    [Fact]
    public void Tokenize_longer_samples_are_cut_and_those_with_nothing_left_to_learn_are_skipped()
    {
        var encoder = new SampleEncoder(_tokenizer, new DatasetSettings());
        var whole = Dataset.Read(Records).Select(encoder.Encode).ToArray();

        // One token of the first answer is left, and none of the second, whose prompt alone is longer.
        var block = Array.IndexOf(whole[0].Trained, true) + 1;
        Assert.True(Array.IndexOf(whole[1].Trained, true) >= block && whole[2].InputIds.Length <= block);
        var data = Tokenize(Records, block);

        Assert.Equal(2, data.Count);
        Assert.Equal(whole[0].InputIds[..block], data.InputIds(0).ToArray());
        Assert.Equal([.. new byte[block - 1], 1], data.LossMask(0).ToArray());
        Assert.Equal(whole[2].InputIds, data.InputIds(1).ToArray());
        Assert.Equal((3, 2, 2, 1), (data.Statistics.Records, data.Statistics.Samples, data.Statistics.Truncated, data.Statistics.Skipped));
        Assert.Equal(block + whole[2].InputIds.Length, data.Statistics.Tokens);
        Assert.Equal(1 + whole[2].Trained.Count(t => t), data.Statistics.TrainedTokens);
        Assert.Equal(whole[0].InputIds.Length + whole[1].InputIds.Length - (2 * block), data.Statistics.CutTokens);
    }

    [Fact]
    public void Tokenize_sample_of_exactly_one_block_is_not_cut()
    {
        var length = Tokenize("""{"text":"It is red."}""", 64).InputIds(0).Length;
        Assert.Equal(0, Tokenize("""{"text":"It is red."}""", length).Statistics.Split);
        var cut = Tokenize("""{"text":"It is red."}""", length - 1, longTexts: LongTexts.Cut);
        Assert.Equal((1, 1, length - 1), (cut.Statistics.Truncated, cut.Statistics.CutTokens, cut.InputIds(0).Length));
    }

    [Fact]
    public void Tokenize_text_longer_than_block_is_split_into_blocks_that_hold_all_of_it()
    {
        const string Text = """{"text":"Once upon a time there was a fox. It was red, and it ran into the wood."}""";
        var whole = Tokenize(Text, 512).InputIds(0).ToArray();
        for (var block = 2; block <= whole.Length; block++)
        {
            var data = Tokenize(Text, block);
            var tokens = Enumerable.Range(0, data.Count).SelectMany(i => data.InputIds(i).ToArray()).ToArray();
            Assert.All(Enumerable.Range(0, data.Count), i => Assert.InRange(data.InputIds(i).Length, 2, block));

            // A last token alone in its block cannot be learned, and counts as cut.
            Assert.Equal(whole.Length % block == 1 ? whole[..^1] : whole, tokens);
            Assert.Equal(whole.Length - tokens.Length, data.Statistics.CutTokens);
            Assert.Equal((block < whole.Length ? 1 : 0, data.Count), (data.Statistics.Split, data.Statistics.Samples));
        }
    }

    [Theory]
    [InlineData("\"weight\":0")]
    [InlineData("\"train\":false")]
    [InlineData("\"loss\":false,\"weight\":0.0")]
    public void Tokenize_turn_of_weight_0_is_context_in_every_template(string field)
    {
        var chat = $$"""{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"wood",{{field}}},"""
            + """{"role":"user","content":"b"},{"role":"assistant","content":"fox"}]}""";
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], chat);
        foreach (var template in ChatTemplates.Names.Where(n => n != ChatTemplates.Auto))
        {
            var data = DatasetTokenizer.Tokenize(
                folder["d"], _tokenizer, new DatasetSettings { Template = template }, 1024, 512, null, CancellationToken.None);
            var pieces = SampleText.Pieces(_tokenizer, data.InputIds(0).ToArray(), data.LossMask(0).ToArray()).ToArray();
            Assert.Contains(pieces, p => p.Learned && p.Text.Contains("fox", StringComparison.Ordinal));
            Assert.Contains(pieces, p => !p.Learned && p.Text.Contains("wood", StringComparison.Ordinal));
            Assert.DoesNotContain(pieces, p => p.Learned && p.Text.Contains("wood", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Tokenize_train_on_last_learns_last_answer_only()
    {
        const string Chat = """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"red"},"""
            + """{"role":"user","content":"b"},{"role":"assistant","content":"fox"}]}""";
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], Chat);
        var settings = new DatasetSettings { Template = "chatml", TrainOn = TrainOn.Last };
        var data = DatasetTokenizer.Tokenize(folder["d"], _tokenizer, settings, 1024, 512, null, CancellationToken.None);
        var learned = string.Concat(
            SampleText.Pieces(_tokenizer, data.InputIds(0).ToArray(), data.LossMask(0).ToArray()).Where(p => p.Learned).Select(p => p.Text));
        Assert.Equal("fox<|im_end|>", learned.Trim());
    }

    [Fact]
    public void Tokenize_sample_of_one_token_has_nothing_to_learn_and_is_skipped()
    {
        using var folder = new TempFolder();
        var tokenizer = SampleTokenizer.Load(folder, """{"add_bos_token":false}""");
        File.WriteAllText(folder["d"], "{\"text\":\"\"}\n{\"text\":\"red\"}");
        var data = DatasetTokenizer.Tokenize(folder["d"], tokenizer, new DatasetSettings(), 1024, 512, null, CancellationToken.None);
        Assert.Equal((1, 1), (data.Count, data.Statistics.Skipped));
        Assert.Equal(data.Statistics.Tokens - 1, data.Statistics.TrainedTokens);
    }

    [Fact]
    public void Tokenize_nothing_left_to_learn_is_refused_with_advice() => Assert.Contains(
        "none of 3 samples has anything to learn within block_size 2; a larger one may help",
        Assert.Throws<DatasetException>(() => Tokenize(Records, 2)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void Tokenize_share_or_weight_that_leaves_no_record_is_refused_with_what_it_leaves()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], """{"text":"It is red."}""");
        var (none, all) = (DataSplit.Of("0.001"), DataSplit.Of("0.999"));
        Assert.Null(Refusal(folder["d"], none.Train));
        Assert.Equal(
            $"{folder["d"]}: validation_split 0.001 holds out none of 1 record; give a larger share, or other data to evaluate on",
            Refusal(folder["d"], none.Evaluation));
        Assert.Null(Refusal(folder["d"], all.Evaluation));
        Assert.Equal(
            $"{folder["d"]}: validation_split 0.999 holds out all of 1 record; give a smaller share, or other data to evaluate on",
            Refusal(folder["d"], all.Train));
        Assert.Equal(
            $"{folder["d"]}:0.001: with these weights none of 1 record is used; give larger ones", Refusal($"{folder["d"]}:0.001", DataSplit.Train));

        string? Refusal(string sources, DataSplit split)
        {
            try
            {
                using var data = DatasetTokenizer.Tokenize(
                    sources, _tokenizer, new DatasetSettings(), 64, SampleTokenizer.VocabularySize, null, CancellationToken.None, split);
                return null;
            }
            catch (DatasetException e)
            {
                return e.Message;
            }
        }
    }

    [Fact]
    public void Tokenize_tokenizer_of_another_model_is_refused_with_the_id()
    {
        var e = Assert.Throws<DatasetException>(() => Tokenize(Records, 64, vocabularySize: 300));
        Assert.Contains("line 1: record 1 holds id ", e.Message, StringComparison.Ordinal);
        Assert.Contains("vocab_size is 300", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tokenize_cancelled_token_stops_it()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], Records);
        Assert.Throws<OperationCanceledException>(() =>
            DatasetTokenizer.Tokenize(folder["d"], _tokenizer, new DatasetSettings(), 1024, 512, null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void Tokenize_source_in_two_forms_is_named_with_numbers()
    {
        const string Plain = """{"instruction":"i","output":"o"}""";
        using var folder = new TempFolder();
        File.WriteAllText(folder["chat_template.jinja"], "{% for m in messages %}{{ m.role }}: {{ m.content }}</s>\n{% endfor %}");
        File.WriteAllText(folder["a"], Plain);
        File.WriteAllText(folder["b"], $$"""{{Plain}}{{"\n"}}{"instruction":"i","output":"o","system":"s"}{{"\n"}}{{Plain}}""");
        var own = FolderChatTemplate.Load(folder.Root, DateTimeOffset.UnixEpoch);
        var statistics = Tokenize(new DatasetSettings());
        Assert.Equal([new MixedForms(2, 1, 2)], statistics.Mixed);
        Assert.StartsWith(
            "warning: source 2 is written in two forms: 1 of its 3 records are chats, ",
            Assert.Single(DatasetReport.Lines(statistics, 64)), StringComparison.Ordinal);
        Assert.Empty(Tokenize(new DatasetSettings { Template = "chatml" }).Mixed);

        DatasetStatistics Tokenize(DatasetSettings settings) => DatasetTokenizer.Tokenize(
            $"{folder["a"]},{folder["b"]}", _tokenizer, settings, 64, SampleTokenizer.VocabularySize, null, CancellationToken.None, own: own).Statistics;
    }

    [Fact]
    public void FromArrays_arrays_of_a_data_set_give_the_same_samples()
    {
        var data = Tokenize(Records, 64);
        var again = TokenizedDataset.FromArrays(data.Ids, data.Offsets, data.Mask, SampleTokenizer.VocabularySize);
        Assert.Equal(data.Count, again.Count);
        for (var i = 0; i < data.Count; i++)
        {
            Assert.Equal(data.InputIds(i).ToArray(), again.InputIds(i).ToArray());
            Assert.Equal(data.LossMask(i).ToArray(), again.LossMask(i).ToArray());
        }
    }

    [Theory]
    [InlineData(new[] { 1, 2, 3 }, new long[] { 0, 3 }, 2, "3 ids, but 2 mask entries")]
    [InlineData(new[] { 1, 2, 3 }, new long[] { 0 }, 3, "offsets must begin with 0")]
    [InlineData(new[] { 1, 2, 3 }, new long[] { 1, 3 }, 3, "offsets must begin with 0")]
    [InlineData(new[] { 1, 2, 3 }, new long[] { 0, 2 }, 3, "end with the number of ids")]
    [InlineData(new[] { 1, 2, 3 }, new long[] { 0, 4, 3 }, 3, "offset 2 does not rise")]
    [InlineData(new[] { 1, 2, 3 }, new long[] { 0, 1, 1, 3 }, 3, "offset 2 does not rise")]
    [InlineData(new[] { 1, 9, 3 }, new long[] { 0, 3 }, 3, "id 9 is outside the vocabulary of 9")]
    [InlineData(new[] { 1, -1, 3 }, new long[] { 0, 3 }, 3, "id -1 is outside the vocabulary of 9")]
    public void FromArrays_arrays_that_do_not_fit_together_are_refused(int[] ids, long[] offsets, int mask, string problem) => Assert.Contains(
        problem,
        Assert.Throws<DatasetException>(() => TokenizedDataset.FromArrays(ids, offsets, new byte[mask], 9)).Message,
        StringComparison.Ordinal);

    private TokenizedDataset Tokenize(
        string records, int blockSize, int vocabularySize = SampleTokenizer.VocabularySize, string longTexts = LongTexts.Split)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["d"], records);
        var settings = new DatasetSettings { LongTexts = longTexts };
        return DatasetTokenizer.Tokenize(folder["d"], _tokenizer, settings, blockSize, vocabularySize, null, CancellationToken.None);
    }
}
