using System.Text.Json.Nodes;

namespace LisaOrleans.Data.Tests;

public sealed class JsonTokenizerTests
{
    [Theory]
    [InlineData("low", new[] { 7 })]
    [InlineData("lower low", new[] { 7, 9, 8 })]
    [InlineData("  low", new[] { 5, 8 })]
    [InlineData("é", new[] { 10, 11 })]
    [InlineData("wol", new[] { 2, 1, 0 })]
    [InlineData("", new int[0])]
    public void Encode_byte_level_merges_go_by_rank_within_pieces(string text, int[] ids)
    {
        using var folder = new TempFolder();
        var tokenizer = TokenizerJson.Load(folder, TokenizerJson.ByteLevel());
        Assert.Equal(ids, tokenizer.Encode(text));
        Assert.Equal(text, tokenizer.Decode(ids));
    }

    // As transformers' classes have it that make a pre-tokenizer of bytes anew; PreTrainedTokenizerFast of version 5 does not.
    [Theory]
    [InlineData(true, """{"tokenizer_class":"GPT2TokenizerFast"}""", 7)]
    [InlineData(false, """{"tokenizer_class":"GPTNeoXTokenizerFast","add_prefix_space":true}""", 8)]
    [InlineData(null, """{"tokenizer_class":"CodeGenTokenizer","add_prefix_space":false}""", 7)]
    [InlineData(null, """{"tokenizer_class":"PreTrainedTokenizerFast","add_prefix_space":false}""", 8)]
    [InlineData(false, """{"add_prefix_space":true}""", 7)]
    public void Encode_space_before_a_text_is_there_as_the_class_says(bool? json, string config, int id)
    {
        using var folder = new TempFolder();
        var tokenizer = TokenizerJson.ByteLevel();
        tokenizer["pre_tokenizer"]!["add_prefix_space"] = json;
        Assert.Equal([id], TokenizerJson.Load(folder, tokenizer, config).Encode("low"));

        var bytes = tokenizer["pre_tokenizer"]!.DeepClone();
        tokenizer["pre_tokenizer"] = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(bytes) };
        Assert.Equal([json == false ? 7 : 8], TokenizerJson.Load(folder, tokenizer, config).Encode("low"));
    }

    [Fact]
    public void Encode_ignore_merges_takes_a_whole_piece_that_has_an_id()
    {
        using var folder = new TempFolder();
        var json = TokenizerJson.ByteLevel();
        json["model"]!["ignore_merges"] = true;
        Assert.Equal([12, 8], TokenizerJson.Load(folder, json).Encode("lower low"));
    }

    [Theory]
    [InlineData(false, true, new[] { 7, 20, 7 })]
    [InlineData(true, false, new[] { 7, 5, 20, 8 })]
    public void Encode_added_token_is_found_as_the_config_says(bool json, bool config, int[] ids)
    {
        using var folder = new TempFolder();
        var tokenizer = TokenizerJson.ByteLevel();
        (tokenizer["added_tokens"]![0]!["lstrip"], tokenizer["added_tokens"]![0]!["rstrip"]) = (json, json);
        var flag = config ? "true" : "false";
        var loaded = TokenizerJson.Load(
            folder, tokenizer,
            $$$"""{"added_tokens_decoder":{"20":{"content":"<|end|>","lstrip":{{{flag}}},"rstrip":{{{flag}}},"special":true} } }""");
        Assert.Equal(ids, loaded.EncodeWithSpecialTokens("low <|end|> low"));
    }

    [Theory]
    [InlineData("ab", new[] { 263 })]
    [InlineData(" ab", new[] { 259, 263 })]
    [InlineData("ba ab", new[] { 259, 261, 260, 263 })]
    [InlineData("é", new[] { 259, 3 + 0xC3, 3 + 0xA9 })]
    public void Encode_sentence_piece_text_begins_with_a_space_and_falls_back_to_bytes(string text, int[] ids)
    {
        using var folder = new TempFolder();
        var tokenizer = TokenizerJson.Load(folder, TokenizerJson.SentencePiece(), """{"eos_token":{"content":"</s>"}}""");
        Assert.Equal(ids, tokenizer.Encode(text));
        Assert.Equal(text, tokenizer.Decode([1, .. ids, 2]));
        Assert.Equal((1, 2, true), (tokenizer.BosTokenId!.Value, tokenizer.EosTokenId!.Value, tokenizer.AddBosToken));
    }

    [Theory]
    [InlineData("always", new[] { 263, 2, 263 })]
    [InlineData("first", new[] { 263, 2, 262 })]
    [InlineData("never", new[] { 262, 2, 262 })]
    public void Encode_metaspace_puts_a_space_where_its_scheme_says(string scheme, int[] ids)
    {
        using var folder = new TempFolder();
        var json = TokenizerJson.SentencePiece();
        json["normalizer"] = null;
        json["pre_tokenizer"] = new JsonObject { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = scheme, ["split"] = true };
        var tokenizer = TokenizerJson.Load(folder, json);
        Assert.Equal(ids, tokenizer.EncodeWithSpecialTokens("ab</s>ab"));
        Assert.Equal(scheme == "never" ? [262, 263] : [263, 263], tokenizer.Encode("ab ab"));
    }

    [Fact]
    public void Encode_special_tokens_are_text_and_other_added_tokens_are_recognised()
    {
        using var folder = new TempFolder();
        var json = TokenizerJson.ByteLevel();
        foreach (var character in "<|end>") json["model"]!["vocab"]![character.ToString()] ??= 30 + character - '<';
        json["model"]!["vocab"]!["n"] = 200;
        json["model"]!["vocab"]!["d"] = 201;
        var tokenizer = TokenizerJson.Load(folder, json);

        Assert.Equal([7, 20, 8, 21], tokenizer.EncodeWithSpecialTokens("low<|end|> low<tool>"));
        var written = tokenizer.Encode("low<|end|><tool>");
        Assert.DoesNotContain(20, written);
        Assert.Equal(21, written[^1]);
        Assert.Equal("low<|end|><tool>", tokenizer.Decode(written));
        Assert.Equal("low low<tool>", tokenizer.Decode([7, 20, 8, 21]));
    }

    [Theory]
    [InlineData("""{"bos_token":"<|end|>"}""", 20, false)]
    [InlineData("""{"bos_token":"<|end|>","add_bos_token":true}""", 20, true)]
    [InlineData("""{"add_bos_token":true}""", null, false)]
    public void AddBosToken_no_post_processor_follows_the_config(string config, int? bos, bool added)
    {
        using var folder = new TempFolder();
        var tokenizer = TokenizerJson.Load(folder, TokenizerJson.ByteLevel(), config);
        Assert.Equal((bos, added), (tokenizer.BosTokenId, tokenizer.AddBosToken));
    }

    [Fact]
    public void PiecePattern_character_beyond_16_bits_is_a_letter_where_unicode_says_so()
    {
        Assert.Equal(["𝐀b", "1", " 😀"], Cut(@"\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+", "𝐀b1 😀"));
        Assert.Equal(["𠀀", "𝟏", "𝟐"], Cut(@"\p{N}", "𠀀𝟏𝟐"));

        static IEnumerable<string> Cut(string pattern, string text)
        {
            var segments = new List<TextSegment>();
            new PiecePattern(pattern).Find(text, segments);
            return segments.Select(s => text[s.Start..s.End]);
        }
    }

    [Fact]
    public void Encode_text_without_tokens_for_it_is_refused()
    {
        using var folder = new TempFolder();
        var tokenizer = TokenizerJson.Load(folder, TokenizerJson.ByteLevel());
        Assert.Contains(
            "tokenizer.json: has no token for", Assert.Throws<TokenizerException>(() => tokenizer.Encode("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_unknown_characters_are_one_token_where_they_fuse()
    {
        using var folder = new TempFolder();
        var json = TokenizerJson.SentencePiece();
        json["model"]!["byte_fallback"] = false;
        Assert.Equal([263, 0, 260], TokenizerJson.Load(folder, json).Encode("abxyza"));
        json["model"]!["fuse_unk"] = false;
        Assert.Equal([263, 0, 0, 0, 260], TokenizerJson.Load(folder, json).Encode("abxyza"));
    }

    [Fact]
    public void Load_folder_with_both_files_reads_tokenizer_json()
    {
        using var folder = new TempFolder();
        File.Copy(Path.Combine(SampleTokenizer.Folder, "tokenizer.model"), folder["tokenizer.model"]);
        Assert.Equal(22, TokenizerJson.Load(folder, TokenizerJson.ByteLevel()).VocabularySize);
    }

    [Fact]
    public void EncodeWithOffsets_text_with_special_tokens_says_where_each_token_stands()
    {
        using var folder = new TempFolder();
        var tokens = TokenizerJson.Load(folder, TokenizerJson.ByteLevel()).EncodeWithOffsets("low<|end|>é low");
        Assert.Equal([7, 20, 10, 11, 8], tokens.Ids);
        Assert.Equal([0, 3, 10, 10, 11], tokens.Starts);
        Assert.Equal(15, tokens.Ends[^1]);
    }
}
