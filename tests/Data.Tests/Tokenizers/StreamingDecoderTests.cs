using CsCheck;

namespace LisaOrleans.Data.Tests;

public sealed class StreamingDecoderTests
{
    private readonly ITokenizer _tokenizer = SampleTokenizer.Load();

    [Fact]
    public void A_character_comes_whole_with_its_last_byte()
    {
        var decoder = new StreamingDecoder(_tokenizer);
        int[] ids = [3 + 'a', .. "日😀"u8.ToArray().Select(b => 3 + b)];
        Assert.Equal(["a", "", "", "日", "", "", "", "😀"], ids.Select(decoder.Push));
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void After_a_context_spaces_are_those_of_one_text()
    {
        var ids = _tokenizer.Encode("The owl said yes");
        for (var cut = 1; cut < ids.Length; cut++)
        {
            var decoder = new StreamingDecoder(_tokenizer, ids[..cut]);
            Assert.Equal("The owl said yes", _tokenizer.Decode(ids[..cut]) + string.Concat(ids[cut..].Select(decoder.Push)) + decoder.Flush());
        }
    }

    [Fact]
    public void Half_a_character_at_the_end_is_flushed_as_the_replacement_character()
    {
        var decoder = new StreamingDecoder(_tokenizer);
        Assert.Equal(["o", "", ""], new[] { 3 + 'o', 3 + 0xE6, 3 + 0x97 }.Select(decoder.Push));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void Pieces_add_up_to_the_text_and_none_is_half_a_character() => Texts.Any.Sample(text =>
    {
        var decoder = new StreamingDecoder(_tokenizer);
        string[] pieces = [.. _tokenizer.Encode(text).Select(decoder.Push), decoder.Flush()];
        Assert.Equal(text, string.Concat(pieces));
        Assert.All(pieces, p => Assert.Equal(p, new string(p.EnumerateRunes().SelectMany(r => r.ToString()).ToArray())));
    }, iter: 300);

    [Fact]
    public void Pieces_of_any_ids_add_up_to_what_they_decode_to() =>
        Gen.Int[0, SampleTokenizer.VocabularySize - 1].Array[0, 40].Sample(ids =>
        {
            var decoder = new StreamingDecoder(_tokenizer);
            Assert.Equal(_tokenizer.Decode(ids), string.Concat([.. ids.Select(decoder.Push), decoder.Flush()]));
        }, iter: 300);
}
