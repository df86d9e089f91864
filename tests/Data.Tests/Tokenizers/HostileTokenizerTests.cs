using System.Text;
using System.Text.Json.Nodes;
using CsCheck;

namespace LisaOrleans.Data.Tests;

/// <summary>Files made to take endless time or memory end in one error, and soon.</summary>
public sealed class HostileTokenizerTests
{
    [Fact]
    public void Encode_normalizers_that_double_a_text_forty_times_are_stopped()
    {
        var doubling = Enumerable.Range(0, 40).Select(_ => JsonNode.Parse("""{"type":"Replace","pattern":{"String":"l"},"content":"ll"}"""));
        var json = TokenizerJson.ByteLevel();
        json["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray([.. doubling]) };
        Refuses(json, tokenizer => tokenizer.Encode("l"), "makes a text longer than");
    }

    [Fact]
    public void Decode_decoders_that_double_a_token_forty_times_are_stopped()
    {
        var doubling = Enumerable.Range(0, 40).Select(_ => JsonNode.Parse("""{"type":"Replace","pattern":{"String":"l"},"content":"ll"}"""));
        var json = TokenizerJson.ByteLevel();
        json["decoder"] = new JsonObject { ["type"] = "Sequence", ["decoders"] = new JsonArray([.. doubling]) };
        Refuses(json, tokenizer => tokenizer.Decode([0]), "makes a token longer than");
    }

    [Fact]
    public void Load_expression_of_a_million_characters_is_refused()
    {
        var json = TokenizerJson.ByteLevel();
        json["pre_tokenizer"] = JsonNode.Parse($$"""{"type":"Split","pattern":{"Regex":"{{new string('a', 1_000_000)}}"},"behavior":"Isolated"}""");
        Refuses(json, _ => { }, "field 'pre_tokenizer.pattern.Regex' is not a regular expression that can be read: one of more than");
    }

    [Fact]
    public void Load_expression_of_a_thousand_nested_groups_is_refused()
    {
        var json = TokenizerJson.ByteLevel();
        var nested = string.Concat(Enumerable.Repeat("(", 1000)) + "l" + string.Concat(Enumerable.Repeat(")*", 1000));
        json["pre_tokenizer"] = JsonNode.Parse($$"""{"type":"Split","pattern":{"Regex":"{{nested}}"},"behavior":"Isolated"}""");
        Refuses(json, _ => { }, "more than 100 groups within each other is not supported");
    }

    [Fact]
    public void Load_added_tokens_of_many_millions_of_characters_are_refused()
    {
        var json = TokenizerJson.ByteLevel();
        var tokens = Enumerable.Range(0, 5000).Select(i => new JsonObject { ["id"] = 100 + i, ["content"] = $"{i}{new string('x', 4000)}" });
        json["added_tokens"] = new JsonArray([.. tokens]);
        Refuses(json, _ => { }, "has tokens of ");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Load_sentence_piece_model_of_a_piece_of_twenty_million_characters_is_refused(byte type)
    {
        using var folder = new TempFolder();
        byte[] piece = [.. Field(1, Enumerable.Repeat((byte)'a', 20_000_000).ToArray())];
        byte[] unknown = [.. Field(1, "<unk>"u8.ToArray()), 0x18, 2];
        File.WriteAllBytes(folder["tokenizer.model"], [.. Field(1, unknown), .. Field(1, piece), .. Field(2, [0x18, type])]);
        var e = Assert.Throws<TokenizerException>(() => TokenizerLoader.Load(folder.Root));
        Assert.StartsWith($"{folder["tokenizer.model"]}: is not a SentencePiece model: has tokens ", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_long_run_of_what_merges_with_itself_ends()
    {
        using var folder = new TempFolder();
        var json = TokenizerJson.ByteLevel();
        json["model"]!["vocab"]!["ll"] = 100;
        json["model"]!["vocab"]!["llll"] = 101;
        json["model"]!["merges"] = new JsonArray("l l", "ll ll", "l ll", "ll l");
        json["model"]!["vocab"]!["lll"] = 102;
        Assert.Equal(Enumerable.Repeat(101, 250_000), TokenizerJson.Load(folder, json).Encode(new string('l', 1_000_000)));
    }

    [Fact]
    public void Load_sentence_piece_model_with_any_bytes_changed_works_or_is_refused()
    {
        var good = File.ReadAllBytes(Path.Combine(SampleTokenizer.Folder, "tokenizer.model"));
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte).Array[1, 6].Sample(changes =>
        {
            var bytes = good.ToArray();
            foreach (var (at, value) in changes) bytes[at] = value;
            WorksOrIsRefused("tokenizer.model", bytes);
        }, iter: 500);
    }

    [Fact]
    public void Load_json_with_any_characters_changed_works_or_is_refused()
    {
        var good = Encoding.UTF8.GetBytes(TokenizerJson.ByteLevel().ToJsonString());
        var character = Gen.OneOf(Gen.Const((byte)'0'), Gen.Const((byte)'"'), Gen.Const((byte)'}'), Gen.Const((byte)','), Gen.Byte);
        Gen.Select(Gen.Int[0, good.Length - 1], character).Array[1, 3].Sample(changes =>
        {
            var bytes = good.ToArray();
            foreach (var (at, value) in changes) bytes[at] = value;
            WorksOrIsRefused("tokenizer.json", bytes);
        }, iter: 3000);
    }

    private static void WorksOrIsRefused(string name, byte[] content)
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder[name], content);
        try
        {
            var tokenizer = TokenizerLoader.Load(folder.Root);
            tokenizer.Decode(tokenizer.EncodeWithOffsets("low lower <|end|> 日 ooo").Ids);
        }
        catch (TokenizerException e)
        {
            Assert.StartsWith(folder[name], e.Message, StringComparison.Ordinal);
        }
    }

    private static void Refuses(JsonObject json, Action<ITokenizer> use, string problem)
    {
        using var folder = new TempFolder();
        var e = Assert.Throws<TokenizerException>(() => use(TokenizerJson.Load(folder, json)));
        Assert.StartsWith(folder["tokenizer.json"] + ": ", e.Message, StringComparison.Ordinal);
        Assert.Contains(problem, e.Message, StringComparison.Ordinal);
    }

    // A field of bytes in a Protocol Buffers message.
    private static IEnumerable<byte> Field(int number, byte[] bytes)
    {
        yield return (byte)((number << 3) | 2);
        var length = bytes.Length;
        for (; length >= 0x80; length >>= 7) yield return (byte)(length | 0x80);
        yield return (byte)length;
        foreach (var b in bytes) yield return b;
    }
}
