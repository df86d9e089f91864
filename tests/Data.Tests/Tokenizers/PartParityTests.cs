using System.Text.Json.Nodes;

namespace LisaOrleans.Data.Tests;

/// <summary>
/// Each part of tokenizer.json against Hugging Face's own library. The model here has a token for each character at a piece's
/// beginning, another for it within a piece, and bytes for the rest, so ids tell the text and where it was cut.
/// </summary>
public sealed class PartParityTests
{
    [Theory]
    [InlineData("""{"type":"NFC"}""")]
    [InlineData("""{"type":"NFD"}""")]
    [InlineData("""{"type":"NFKC"}""")]
    [InlineData("""{"type":"NFKD"}""")]
    [InlineData("""{"type":"Lowercase"}""")]
    [InlineData("""{"type":"Nmt"}""")]
    [InlineData("""{"type":"StripAccents"}""")]
    [InlineData("""{"type":"Sequence","normalizers":[{"type":"NFD"},{"type":"StripAccents"},{"type":"Lowercase"}]}""")]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":false}""")]
    [InlineData("""{"type":"Strip","strip_left":true,"strip_right":true}""")]
    [InlineData("""{"type":"Prepend","prepend":"▁"}""")]
    [InlineData("""{"type":"Replace","pattern":{"String":"th"},"content":""}""")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}""")]
    [InlineData("""{"type":"Replace","pattern":{"Regex":"(?i)THE|\\w+@|^\\s+|\\s+$"},"content":"x"}""")]
    [InlineData("""{"type":"ByteLevel"}""")]
    [InlineData("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""")]
    [InlineData("""{"type":"BertNormalizer","clean_text":false,"handle_chinese_chars":true,"strip_accents":true,"lowercase":false}""")]
    [InlineData("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":false,"strip_accents":null,"lowercase":false}""")]
    public void Encode_any_normalizer_writes_what_hugging_face_writes(string normalizer) => Check("normalizer", normalizer);

    [Theory]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}""")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":false}""")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":true}""")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never","split":false}""")]
    [InlineData("""{"type":"Digits","individual_digits":true}""")]
    [InlineData("""{"type":"Digits","individual_digits":false}""")]
    [InlineData("""{"type":"Punctuation","behavior":"Isolated"}""")]
    [InlineData("""{"type":"Punctuation","behavior":"Removed"}""")]
    [InlineData("""{"type":"Punctuation","behavior":"MergedWithPrevious"}""")]
    [InlineData("""{"type":"Punctuation","behavior":"MergedWithNext"}""")]
    [InlineData("""{"type":"Punctuation","behavior":"Contiguous"}""")]
    [InlineData("""{"type":"BertPreTokenizer"}""")]
    [InlineData("""{"type":"Whitespace"}""")]
    [InlineData("""{"type":"WhitespaceSplit"}""")]
    [InlineData("""{"type":"CharDelimiterSplit","delimiter":"_"}""")]
    [InlineData("""{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}""")]
    [InlineData("""{"type":"Split","pattern":{"String":"e"},"behavior":"MergedWithNext","invert":true}""")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"x*"},"behavior":"Isolated","invert":false}""")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\d{1,3}(?=(?:\\d{3})*\\b)"},"behavior":"Isolated","invert":false}""")]
    [InlineData(
        """{"type":"Split","pattern":{"Regex":"[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|"""
            + """\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s"},"behavior":"Removed","invert":true}""")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"(?i:'s|'t|[sk]at)|[a-fA-F\\h]+$|^ .|\\W\\w"},"behavior":"Contiguous","invert":false}""")]
    [InlineData(
        """{"type":"Sequence","pretokenizers":[{"type":"Punctuation","behavior":"Contiguous"},"""
            + """{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true},{"type":"Digits","individual_digits":false},"""
            + """{"type":"Split","pattern":{"Regex":"[0-9][0-9][0-9]"},"behavior":"Isolated","invert":false}]}""")]
    [InlineData(
        """{"type":"Sequence","pretokenizers":[{"type":"WhitespaceSplit"},{"type":"Metaspace","replacement":"▁","prepend_scheme":"first"}]}""")]
    public void Encode_any_pre_tokenizer_cuts_where_hugging_face_cuts(string preTokenizer) => Check("pre_tokenizer", preTokenizer);

    [Theory]
    [InlineData("null")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true}""")]
    [InlineData("""{"type":"ByteFallback"}""")]
    [InlineData("""{"type":"Metaspace","replacement":"a","prepend_scheme":"always"}""")]
    [InlineData("""{"type":"Metaspace","replacement":"a","prepend_scheme":"never"}""")]
    [InlineData("""{"type":"WordPiece","prefix":"##","cleanup":true}""")]
    [InlineData("""{"type":"WordPiece","prefix":"##","cleanup":false}""")]
    [InlineData("""{"type":"BPEDecoder","suffix":"e"}""")]
    [InlineData(
        """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"Regex":"[0-9#]"},"content":"_"},{"type":"ByteFallback"},"""
            + """{"type":"Fuse"},{"type":"Strip","content":"a","start":2,"stop":0}]}""")]
    public void Decode_any_decoder_writes_what_hugging_face_writes(string decoder) => Check("decoder", decoder);

    [Theory]
    [InlineData("""{"unk_token":"<unk>","fuse_unk":true}""")]
    [InlineData("""{"unk_token":"<unk>","fuse_unk":false}""")]
    [InlineData("""{"continuing_subword_prefix":"##","byte_fallback":true}""")]
    [InlineData("""{"end_of_word_suffix":"e","byte_fallback":true}""")]
    public void Encode_bpe_model_gives_the_ids_of_hugging_face(string fields)
    {
        var json = Characters();
        var model = json["model"]!.AsObject();
        foreach (var name in (string[])["unk_token", "byte_fallback", "continuing_subword_prefix"]) model.Remove(name);
        foreach (var (name, value) in JsonNode.Parse(fields)!.AsObject()) model[name] = value!.DeepClone();
        json["pre_tokenizer"] = JsonNode.Parse("""{"type":"WhitespaceSplit"}""");
        Check(json);
    }

    private static void Check(string field, string value)
    {
        var json = Characters();
        json[field] = JsonNode.Parse(value);
        Check(json);
    }

    // No characters from all over Unicode: some of the library's tables date from 2015.
    private static void Check(JsonObject json)
    {
        using var folder = new TempFolder();
        var tokenizer = TokenizerJson.Load(folder, json);
        using var rust = RustTokenizer.Load(folder["tokenizer.json"]);
        Parity.Check(tokenizer, rust, HardTexts.Written.Where(t => t.Length < 600));
    }

    private static JsonObject Characters()
    {
        var vocabulary = new JsonObject { ["<unk>"] = 0 };
        for (var b = 0; b < 256; b++) vocabulary[$"<0x{b:X2}>"] = vocabulary.Count;
        foreach (var c in Enumerable.Range(0x20, 0x5F).Concat(Enumerable.Range(0xC0, 0x1B0)).Append('▁').Select(c => ((char)c).ToString()))
        {
            vocabulary[c] = vocabulary.Count;
            vocabulary[$"##{c}"] = vocabulary.Count;
        }

        return new JsonObject
        {
            ["added_tokens"] = JsonNode.Parse(
                """[{"id":0,"content":"<unk>","special":true,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false}]"""),
            ["normalizer"] = null,
            ["pre_tokenizer"] = null,
            ["post_processor"] = null,
            ["decoder"] = JsonNode.Parse("""{"type":"Fuse"}"""),
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["unk_token"] = "<unk>",
                ["byte_fallback"] = true,
                ["continuing_subword_prefix"] = "##",
                ["vocab"] = vocabulary,
                ["merges"] = new JsonArray(),
            },
        };
    }
}
