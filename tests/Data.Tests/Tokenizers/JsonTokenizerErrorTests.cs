using System.Text.Json.Nodes;

namespace LisaOrleans.Data.Tests;

public sealed class JsonTokenizerErrorTests
{
    [Theory]
    [InlineData("model.type", "\"WordLevel\"", "field 'model.type' is 'WordLevel'; supported: BPE, Unigram, WordPiece")]
    [InlineData("model", "null", "field 'model' is missing")]
    [InlineData("model", "[]", "field 'model' must be an object")]
    [InlineData("model.vocab", "[]", "field 'model.vocab' must be an object")]
    [InlineData("model.vocab", "{}", "'l', which is not in model.vocab")]
    [InlineData("model", """{"vocab":{},"merges":[]}""", "field 'model.vocab' is empty")]
    [InlineData("model.vocab.l", "-1", "field 'model.vocab.l' must be a token id")]
    [InlineData("model.vocab.l", "2147483647", "field 'model.vocab.l' must be a token id")]
    [InlineData("model.vocab.l", "1", "field 'model.vocab.o' is 1, which another token has too")]
    [InlineData("model.merges", "5", "field 'model.merges' must be a list")]
    [InlineData("model.merges", "[\"l o w\"]", "field 'model.merges[0]' must be two tokens")]
    [InlineData("model.merges", "[\"l o\",\"w o\"]", "field 'model.merges[1]' needs 'wo', which is not in model.vocab")]
    [InlineData("model.dropout", "0.1", "field 'model.dropout'")]
    [InlineData("model.unk_token", "\"<unk>\"", "field 'model.unk_token' is not in model.vocab")]
    [InlineData("model.byte_fallback", "\"yes\"", "field 'model.byte_fallback' must be true or false")]
    [InlineData("model.ignore_merges", "1", "field 'model.ignore_merges' must be true or false")]
    [InlineData("normalizer", """{"type":"Upper"}""", "field 'normalizer.type' is 'Upper'; supported: Sequence, NFC")]
    [InlineData("normalizer", """{"type":"Replace","pattern":{"String":""},"content":""}""", "field 'normalizer.pattern.String' is empty")]
    [InlineData("normalizer", """{"type":"Sequence","normalizers":[{"type":"x"}]}""", "field 'normalizer.normalizers[0].type' is 'x'")]
    [InlineData(
        "normalizer", """{"type":"Precompiled","precompiled_charsmap":"AAAA"}""", "field 'normalizer.precompiled_charsmap' is not a precompiled")]
    [InlineData("pre_tokenizer", """{"type":"UnicodeScripts"}""", "field 'pre_tokenizer.type' is 'UnicodeScripts'")]
    [InlineData(
        "pre_tokenizer", """{"type":"Split","pattern":{"Regex":"[a&&b]"},"behavior":"Isolated"}""",
        "the intersection of classes (&&) is not supported")]
    [InlineData(
        "pre_tokenizer", """{"type":"Split","pattern":{"Regex":"\\p{Han}"},"behavior":"Isolated"}""", "field 'pre_tokenizer.pattern.Regex' is no")]
    [InlineData(
        "pre_tokenizer", """{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated"}""",
        "field 'pre_tokenizer.pattern.Regex' is not a regular expression that can be read")]
    [InlineData(
        "pre_tokenizer", """{"type":"Split","pattern":{"String":" "},"behavior":"Merged"}""",
        "field 'pre_tokenizer.behavior' is 'Merged'; supported: Isolated, Removed")]
    [InlineData("pre_tokenizer", """{"type":"Metaspace","replacement":"_","prepend_scheme":"x"}""", "field 'pre_tokenizer.prepend_scheme' is 'x'")]
    [InlineData("post_processor", """{"type":"Other"}""", "field 'post_processor.type' is 'Other'")]
    [InlineData(
        "post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"a"}},{"SpecialToken":{"id":"b"}}]}""",
        "field 'post_processor.single' begins a text with 2")]
    [InlineData("decoder", """{"type":"CTC"}""", "field 'decoder.type' is 'CTC'; supported: Sequence")]
    [InlineData("decoder", """{"type":"WordPiece"}""", "field 'decoder.prefix' is missing")]
    [InlineData("added_tokens", """[{"id":1,"content":"x"}]""", "field 'added_tokens[0]' gives id 1 to 'x'")]
    [InlineData("added_tokens", """[{"id":50,"content":"l"}]""", "field 'added_tokens[0]' gives id 50 to 'l'")]
    [InlineData("added_tokens", """[{"id":50,"content":""}]""", "field 'added_tokens[0].content' is empty")]
    [InlineData("added_tokens", """[{"id":50,"content":"x","lstrip":1}]""", "field 'added_tokens[0].lstrip' must be true or false")]
    [InlineData("added_tokens", """[{"id":99999999999,"content":"x"}]""", "field 'added_tokens[0].id' must be a token id")]
    [InlineData("added_tokens", """[{"id":50,"content":"x"},{"id":51,"content":"x"}]""", "field 'added_tokens[1]'")]
    public void Load_wrong_or_unknown_part_is_refused_with_file_and_field(string path, string value, string problem)
    {
        using var folder = new TempFolder();
        var json = TokenizerJson.ByteLevel();
        var names = path.Split('.');
        var parent = names[..^1].Aggregate((JsonNode)json, (node, name) => node[name]!);
        parent[names[^1]] = JsonNode.Parse(value);

        var e = Assert.Throws<TokenizerException>(() => TokenizerJson.Load(folder, json));

        Assert.StartsWith(folder["tokenizer.json"] + ": field '", e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_json_nested_a_thousand_deep_is_refused()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["tokenizer.json"], $"{{\"normalizer\":{new string('[', 1000)}{new string(']', 1000)}}}");
        var e = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Root));
        Assert.StartsWith($"{folder["tokenizer.json"]}: line 1, byte 78: is not valid JSON: too many", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_with_an_expression_that_never_ends_is_stopped()
    {
        using var folder = new TempFolder();
        var json = TokenizerJson.ByteLevel();
        json["pre_tokenizer"] = JsonNode.Parse("""{"type":"Split","pattern":{"Regex":"(?:l|l?)+o$"},"behavior":"Isolated"}""");
        var tokenizer = TokenizerJson.Load(folder, json);
        Assert.Throws<TokenizerException>(() => tokenizer.Encode(new string('l', 200) + "ow"));
    }

    [Theory]
    [InlineData("", "line 1, byte 1: is not valid JSON: there is nothing in it")]
    [InlineData("{\n \"model\": {},\n}", "line 3, byte 1: is not valid JSON: a comma must not come before a closing ']' or '}'")]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("""{"model":{"vocab":{"a":0,"a":1}}}""", "is not valid JSON")]
    [InlineData("""{"model":{"vocab":{"\ud83d":0},"merges":[]}}""", "is not valid JSON")]
    public void Load_invalid_json_is_refused(string content, string problem)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["tokenizer.json"], content);
        var e = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Root));
        Assert.StartsWith($"{folder["tokenizer.json"]}: {problem}", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_eos_token_that_the_tokenizer_lacks_is_refused()
    {
        using var folder = new TempFolder();
        var e = Assert.Throws<TokenizerException>(() => TokenizerJson.Load(folder, TokenizerJson.ByteLevel(), """{"eos_token":"</s>"}"""));
        Assert.Contains("has no token '</s>', the eos_token of tokenizer_config.json", e.Message, StringComparison.Ordinal);
    }
}
