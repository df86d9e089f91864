using System.Text.Json.Nodes;

namespace LisaOrleans.Data.Tests;

/// <summary>Which tokens are special, and which of them ends a text, as transformers makes it of all files of a folder.</summary>
public sealed class SpecialTokensTests : IDisposable
{
    private const int EndOfText = 22;
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // openai-community/gpt2 has the first.
    [Theory]
    [InlineData("""{"model_max_length":1024}""", """{"model_type":"gpt2"}""", null, EndOfText)]
    [InlineData("""{"tokenizer_class":"GPT2TokenizerFast"}""", null, null, EndOfText)]
    [InlineData(null, """{"model_type":"llama","tokenizer_class":"GPTNeoXTokenizer"}""", null, EndOfText)]
    [InlineData(null, """{"model_type":"qwen3"}""", null, EndOfText)]
    [InlineData("""{"eos_token":"<|end|>"}""", """{"model_type":"gpt2"}""", null, 20)]
    [InlineData("""{"tokenizer_class":"PreTrainedTokenizerFast"}""", """{"model_type":"gpt2","eos_token_id":[7,20]}""", null, 20)]
    [InlineData("{}", """{"model_type":"llama"}""", """{"eos_token_id":20}""", 20)]
    [InlineData("{}", """{"model_type":"llama","eos_token_id":7}""", null, null)]
    [InlineData("""{"eos_token":null}""", """{"model_type":"gpt2","eos_token_id":20}""", null, null)]
    public void EosTokenId_that_no_file_names_is_that_of_the_class_or_the_model(string? tokenizer, string? model, string? generation, int? eos)
    {
        if (model is not null) Write("config.json", model);
        if (generation is not null) Write("generation_config.json", generation);
        Assert.Equal(eos, TokenizerJson.Load(_folder, WithEndOfText(), tokenizer).EosTokenId);
    }

    // As transformers' _from_pretrained has it, before and since added_tokens_decoder.
    [Theory]
    [InlineData("""{"eos_token":"<|end|>"}""", """{"eos_token":"<|endoftext|>"}""", EndOfText)]
    [InlineData("""{"eos_token":null}""", """{"eos_token":{"content":"<|endoftext|>"}}""", EndOfText)]
    [InlineData("""{"eos_token":""}""", """{"eos_token":"<|endoftext|>"}""", EndOfText)]
    [InlineData("""{"eos_token":"<|end|>"}""", """{"eos_token":""}""", 20)]
    [InlineData("""{"eos_token":"<|end|>"}""", """{"pad_token":"<|endoftext|>"}""", 20)]
    [InlineData("""{"eos_token":"<|end|>","added_tokens_decoder":{}}""", """{"eos_token":"<|endoftext|>"}""", 20)]
    [InlineData("""{"added_tokens_decoder":{}}""", """{"eos_token":"<|endoftext|>"}""", null)]
    [InlineData("""{"eos_token":"","added_tokens_decoder":{}}""", """{"eos_token":"<|endoftext|>"}""", EndOfText)]
    public void EosTokenId_is_that_of_the_map_in_folders_without_added_tokens_decoder(string config, string map, int? eos)
    {
        Write("special_tokens_map.json", map);
        Assert.Equal(eos, TokenizerJson.Load(_folder, WithEndOfText(), config).EosTokenId);
    }

    [Fact]
    public void RenderPrompt_template_gets_the_additional_special_tokens_of_both_files()
    {
        Write("special_tokens_map.json", """{"additional_special_tokens":["<b>",{"content":"<c>"}]}""");
        Write("chat_template.jinja", "{{ additional_special_tokens }}");
        Assert.Equal("['<a>', '<b>', '<c>']", Render(""));
        Assert.Equal("['<a>', '<b>']", Render(""","added_tokens_decoder":{}"""));

        string Render(string more)
        {
            Write("tokenizer_config.json", $$"""{"additional_special_tokens":["<a>","<b>"]{{more}}}""");
            return FolderChatTemplate.Load(_folder.Root, JinjaOracle.Now)!.RenderPrompt([new ChatMessage("user", "a")]);
        }
    }

    [Fact]
    public void Load_vocabulary_and_merges_alone_have_the_end_token_of_gpt2()
    {
        Write("vocab.json", """{"l":0,"o":1,"w":2,"lo":3,"<|endoftext|>":4}""");
        Write("merges.txt", "l o\n");
        var tokenizer = TokenizerLoader.Load(_folder.Root);
        Assert.Equal((4, 4, false), (tokenizer.EosTokenId!.Value, tokenizer.BosTokenId!.Value, tokenizer.AddBosToken));
        Assert.Equal([3, 2, 4, 3], tokenizer.EncodeWithSpecialTokens("low<|endoftext|>lo"));
        Assert.Equal("lowlo", tokenizer.Decode([3, 2, 4, 3]));
    }

    [Fact]
    public void Load_vocabulary_and_merges_of_a_model_of_qwen_have_its_end_token()
    {
        Write("vocab.json", """{"l":0,"o":1,"lo":2}""");
        Write("merges.txt", "l o\n");
        Write("added_tokens.json", """{"<|endoftext|>":3}""");
        Write("config.json", """{"model_type":"qwen2"}""");
        var tokenizer = TokenizerLoader.Load(_folder.Root);
        Assert.Equal((3, (int?)null), (tokenizer.EosTokenId!.Value, tokenizer.BosTokenId));
        Assert.Equal("lo", tokenizer.Decode([2, 3]));
    }

    [Fact]
    public void RenderPrompt_template_gets_the_special_tokens_of_the_class()
    {
        Write("config.json", """{"model_type":"gpt2"}""");
        Write("tokenizer_config.json", """{"bos_token":null}""");
        Write("chat_template.jinja", "{{ messages[0].content }}{{ bos_token is defined }}{{ eos_token }}");
        Assert.Equal("aFalse<|endoftext|>", FolderChatTemplate.Load(_folder.Root, JinjaOracle.Now)!.RenderPrompt([new ChatMessage("user", "a")]));
    }

    [Theory]
    [InlineData("""{"model_type":"gpt2"}""", 0)]
    [InlineData("""{"model_type":"phi"}""", 2)]
    public void Tokenize_texts_that_nothing_ends_are_told(string config, int unended)
    {
        Write("config.json", config);
        Write("d", "{\"text\":\"low low\"}\n{\"text\":\"lower\"}\n");
        var tokenizer = TokenizerJson.Load(_folder, WithEndOfText());
        using var data = DatasetTokenizer.Tokenize(_folder["d"], tokenizer, new DatasetSettings(), 64, 23, null, CancellationToken.None);
        Assert.Equal(unended, data.Statistics.Unended);
        Assert.Equal(
            unended == 0 ? [] : ["warning: nothing ends 2 texts: the tokenizer has no end token"],
            DatasetReport.Lines(data.Statistics, 64).Select(l => l.Split(", and the model")[0]));
    }

    // As the library in Rust has it when transformers adds a token again: "low" is found as "LOW" only where text is made lower.
    [Theory]
    [InlineData(false, false, false, true, true)]
    [InlineData(false, true, true, false, true)]
    [InlineData(true, false, true, true, false)]
    [InlineData(true, true, true, false, true)]
    [InlineData(false, false, true, false, false)]
    public void Encode_added_token_that_was_not_special_is_found_as_both_files_say(
        bool special, bool normalized, bool againSpecial, bool againNormalized, bool isFound)
    {
        var json = TokenizerJson.ByteLevel();
        json["normalizer"] = new JsonObject { ["type"] = "Lowercase" };
        Set(json, "LOW", special, normalized);
        var again = $$"""{"content":"LOW","special":{{Flag(againSpecial)}},"normalized":{{Flag(againNormalized)}}}""";
        var tokenizer = TokenizerJson.Load(_folder, json, $$"""{"added_tokens_decoder":{"21":{{again}} } }""");
        Assert.Equal([isFound ? 21 : 7], tokenizer.EncodeWithSpecialTokens("low"));
        Assert.Equal([21], tokenizer.EncodeWithSpecialTokens("LOW"));
    }

    [Theory]
    [InlineData(true, """{"added_tokens_decoder":{"21":{"content":"LOW","special":false}}}""", true)]
    [InlineData(false, """{"added_tokens_decoder":{"21":{"content":"LOW","special":true}}}""", true)]
    [InlineData(false, """{"pad_token":"LOW"}""", true)]
    [InlineData(false, """{"additional_special_tokens":["LOW"]}""", true)]
    [InlineData(false, """{"added_tokens_decoder":{"21":{"content":"LOW","special":false}}}""", false)]
    public void Decode_added_token_is_special_if_any_file_says_so(bool special, string config, bool isSpecial)
    {
        var json = TokenizerJson.ByteLevel();
        Set(json, "LOW", special, normalized: false);
        Assert.Equal(isSpecial ? "low" : "lowLOW", TokenizerJson.Load(_folder, json, config).Decode([7, 21]));
    }

    private static JsonObject WithEndOfText()
    {
        var json = TokenizerJson.ByteLevel();
        json["added_tokens"]!.AsArray().Add(new JsonObject { ["id"] = EndOfText, ["content"] = "<|endoftext|>", ["special"] = true });
        return json;
    }

    private static void Set(JsonObject json, string content, bool special, bool normalized)
    {
        var token = json["added_tokens"]![1]!;
        (token["content"], token["special"], token["normalized"]) = (content, special, normalized);
    }

    private static string Flag(bool value) => value ? "true" : "false";

    private void Write(string name, string content) => File.WriteAllText(_folder[name], content);
}
