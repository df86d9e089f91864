using LisaOrleans.Data;

namespace LisaOrleans.Training.Tests;

public sealed class TokenTableTests
{
    // The first of two is met twice as often as the second.
    [Theory]
    [InlineData(0, 0.0)]
    [InlineData(1, 1.0)]
    [InlineData(2, 13.0 / 9)]
    public void Distinct_of_two_tokens_by_Zipfs_law(long tokens, double distinct) =>
        Assert.Equal(distinct, new TokenTable(2, 0, 0).Distinct(tokens), 12);

    [Theory]
    [InlineData("gsm8k", "train.jsonl")]
    [InlineData("tinyshakespeare", "input.txt")]
    public void Distinct_is_more_than_what_texts_on_one_subject_have_and_less_than_five_times_that(string folder, string file)
    {
        var tokenizer = TokenizerLoader.Load(TestAssets.Require("llama2-tokenizer"));
        var table = new TokenTable(tokenizer.VocabularySize, 0, 0);
        var ids = tokenizer.Encode(File.ReadAllText(TestAssets.Require(folder, file))[..1_000_000]);
        foreach (var tokens in (int[])[1024, 4096, 16_384, 65_536, 262_144])
            Assert.InRange(table.Distinct(tokens) / ids.Take(tokens).Distinct().Count(), 1, 5);
    }

    // Each row goes with its number of 8 bytes, unless the whole is smaller.
    [Fact]
    public void SavedOfSum_and_SavedOfWeights_are_the_rows_of_other_tokens()
    {
        var table = new TokenTable(2, sumRowBytes: 100, weightRowBytes: 50);
        Assert.Equal(200 - 108, table.SavedOfSum(1), 9);
        Assert.Equal(50, table.SavedOfWeights(1), 9);
        Assert.Equal(0, table.SavedOfSum(1_000));
        Assert.Equal(0, new TokenTable(2, 4, 4).SavedOfSum(1));
    }
}
