using CsCheck;

namespace LisaOrleans.Data.Tests;

public sealed class SentencePieceTests
{
    [Fact]
    public void Encode_stories260K_gives_the_ids_of_llama2_c()
    {
        var texts = ReferenceText.Read(TestAssets.Require("stories260K", "reference.json"));
        var tokenizer = TokenizerLoader.Load(TestAssets.Require("stories260K"));
        Assert.Equal(3, texts.Length);
        foreach (var reference in texts)
        {
            Assert.Equal(reference.Ids, tokenizer.Encode(reference.Text).Prepend(tokenizer.BosTokenId!.Value));
            Assert.Equal(reference.Text, tokenizer.Decode(reference.Ids));
        }
    }

    // From Meta's tokenizer for Llama 2.
    [Theory]
    [InlineData("Hello world", new[] { 15043, 3186 })]
    [InlineData(" Hello", new[] { 29871, 15043 })]
    [InlineData("日本語", new[] { 29871, 30325, 30346, 30968 })]
    [InlineData("😀", new[] { 29871, 243, 162, 155, 131 })]
    [InlineData("a\nb", new[] { 263, 13, 29890 })]
    public void Encode_llama_2_gives_the_ids_of_metas_tokenizer(string text, int[] ids)
    {
        var tokenizer = TokenizerLoader.Load(TestAssets.Require("llama2-tokenizer"));
        Assert.Equal(ids, tokenizer.Encode(text));
        Assert.Equal(text, tokenizer.Decode(ids));
    }

    [Fact]
    public void Encode_unknown_characters_become_their_utf8_bytes()
    {
        var tokenizer = SampleTokenizer.Load();

        // Byte pieces follow the three control pieces: 3 + 0xE6, 3 + 0x97, 3 + 0xA5 are U+65E5.
        Assert.Equal([3 + 0xE6, 3 + 0x97, 3 + 0xA5], tokenizer.Encode("日")[^3..]);
        Assert.Equal("日", tokenizer.Decode([3 + 0xE6, 3 + 0x97, 3 + 0xA5]));
    }

    [Fact]
    public void Decode_any_encoded_text_comes_back()
    {
        var tokenizer = SampleTokenizer.Load();
        Texts.Any.Sample(text =>
        {
            var ids = tokenizer.Encode(text);
            Assert.All(ids, id => Assert.InRange(id, 3, tokenizer.VocabularySize - 1));
            Assert.Equal(text, tokenizer.Decode(ids));
        }, iter: 500);
    }

    [Theory]
    [InlineData("<s>")]
    [InlineData("a</s>b")]
    [InlineData("<unk>")]
    [InlineData("<0x41>")]
    public void Encode_special_tokens_that_users_write_stay_text(string text)
    {
        var tokenizer = SampleTokenizer.Load();
        var ids = tokenizer.Encode(text);
        Assert.All(ids, id => Assert.True(id > 2));
        Assert.Equal(text, tokenizer.Decode(ids));
    }

    [Fact]
    public void EncodeWithSpecialTokens_special_tokens_of_a_template_become_their_ids()
    {
        using var folder = new TempFolder();
        var tokenizer = SampleTokenizer.Load(
            folder, """{"added_tokens_decoder":{"512":{"content":"<|im|>","special":true},"513":{"content":"<|im|>x","special":true}}}""");

        Assert.Equal(514, tokenizer.VocabularySize);
        Assert.Equal([2, .. tokenizer.Encode("\n"), 1, .. tokenizer.Encode("go")], tokenizer.EncodeWithSpecialTokens("</s>\n<s>go"));
        Assert.Equal([513, 512, .. tokenizer.Encode("y")], tokenizer.EncodeWithSpecialTokens("<|im|>x<|im|>y"));
        Assert.DoesNotContain(512, tokenizer.Encode("<|im|>"));
        Assert.Equal("y", tokenizer.Decode([513, 512, .. tokenizer.Encode("y")]));
    }

    [Theory]
    [InlineData("{}", true)]
    [InlineData("""{"add_bos_token":null}""", true)]
    [InlineData("""{"add_bos_token":false}""", false)]
    public void AddBosToken_config_decides_whether_a_sequence_has_a_bos(string config, bool expected)
    {
        using var folder = new TempFolder();
        Assert.Equal(expected, SampleTokenizer.Load(folder, config).AddBosToken);
    }

    [Theory]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{", "line 1, byte 2: is not valid JSON")]
    [InlineData("""{"\ud83d":1}""", "is not valid JSON")]
    [InlineData("""{"added_tokens_decoder":{"512":{"content":"\ud83d"}}}""", "is not valid JSON")]
    [InlineData("""{"add_bos_token":"yes"}""", "field 'add_bos_token'")]
    [InlineData("""{"added_tokens_decoder":[]}""", "field 'added_tokens_decoder'")]
    [InlineData("""{"added_tokens_decoder":{"x":{"content":"a"}}}""", "field 'added_tokens_decoder.x'")]
    [InlineData("""{"added_tokens_decoder":{"512":{}}}""", "field 'added_tokens_decoder.512.content'")]
    public void Load_wrong_config_is_refused_with_file_and_field(string config, string problem)
    {
        using var folder = new TempFolder();
        var e = Assert.Throws<TokenizerException>(() => SampleTokenizer.Load(folder, config));
        Assert.StartsWith($"{folder["tokenizer_config.json"]}: {problem}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_damaged_or_missing_model_is_refused_with_its_name()
    {
        using var folder = new TempFolder();
        var missing = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Root));
        Assert.Contains("has neither tokenizer.json nor tokenizer.model, tekken.json", missing.Message, StringComparison.Ordinal);

        var good = File.ReadAllBytes(Path.Combine(SampleTokenizer.Folder, "tokenizer.model"));
        File.WriteAllBytes(folder["tokenizer.model"], good[..(good.Length / 2)]);
        var damaged = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Root));
        Assert.StartsWith($"{folder["tokenizer.model"]}: is not a SentencePiece model", damaged.Message, StringComparison.Ordinal);
    }
}
