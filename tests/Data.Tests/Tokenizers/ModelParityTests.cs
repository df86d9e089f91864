using System.Text.Json.Nodes;

namespace LisaOrleans.Data.Tests;

/// <summary>Models of types Unigram and WordPiece, and added tokens with all their options, against Hugging Face's own library.</summary>
public sealed class ModelParityTests
{
    [Theory]
    [InlineData("--vocab_size=2000", "always")]
    [InlineData("--vocab_size=2000 --byte_fallback --normalization_rule_name=nfkc_cf", "first")]
    [InlineData("--vocab_size=1700 --character_coverage=0.98 --normalization_rule_name=nmt_nfkc_cf", "never")]
    public void Encode_unigram_model_gives_the_ids_of_hugging_face_and_decodes_them(string options, string scheme)
    {
        using var trained = new TempFolder();
        SentencePieceProgram.Train(trained, $"--model_type=unigram {options}");
        var file = SentencePieceFile.Read(File.ReadAllBytes(trained["tokenizer.model"]));
        var json = new JsonObject
        {
            ["added_tokens"] = new JsonArray(Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>")),
            ["normalizer"] = new JsonObject { ["type"] = "Precompiled", ["precompiled_charsmap"] = Convert.ToBase64String(file.CharsMap) },
            ["pre_tokenizer"] = Metaspace(scheme),
            ["post_processor"] = null,
            ["decoder"] = file.ByteFallback
                ? new JsonObject
                {
                    ["type"] = "Sequence",
                    ["decoders"] = new JsonArray(new JsonObject { ["type"] = "ByteFallback" }, Metaspace(scheme)),
                }
                : Metaspace(scheme),
            ["model"] = new JsonObject
            {
                ["type"] = "Unigram",
                ["unk_id"] = 0,
                ["byte_fallback"] = file.ByteFallback,
                ["vocab"] = new JsonArray([.. file.Pieces.Select(p => new JsonArray(p.Text, p.Score))]),
            },
        };
        Check(json, HardTexts.Written);
    }

    [Theory]
    [InlineData("""{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true}""", 100)]
    [InlineData("null", 7)]
    public void Encode_word_piece_model_gives_the_ids_of_hugging_face_and_decodes_them(string normalizer, int longestWord)
    {
        var vocabulary = new JsonObject { ["[UNK]"] = 0 };
        var words = HardTexts.Written.SelectMany(t => t.Split(' ', '\n')).Where(w => w.Length is > 0 and < 12).Distinct();
        foreach (var word in words)
        {
            Add(word[..(1 + (word.Length / 2))]);
            Add("##" + word[(word.Length / 2)..]);
            Add(word[..1]);
            if (word[0] is >= 'a' and <= 'x') Add("##" + word[..1]);
        }

        var json = new JsonObject
        {
            ["added_tokens"] = new JsonArray(Added(0, "[UNK]")),
            ["normalizer"] = JsonNode.Parse(normalizer),
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "WordPiece", ["prefix"] = "##", ["cleanup"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = longestWord,
                ["vocab"] = vocabulary,
            },
        };
        Check(json, HardTexts.Written);

        void Add(string token)
        {
            // Half a surrogate pair is not text.
            if (!token.Any(char.IsSurrogate) && !vocabulary.ContainsKey(token)) vocabulary[token] = vocabulary.Count;
        }
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"type":"Lowercase"}""")]
    [InlineData("""{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}""")]
    public void Encode_added_tokens_are_found_where_hugging_face_finds_them(string normalizer)
    {
        var json = TokenizerJson.SentencePiece();
        json["normalizer"] = JsonNode.Parse(normalizer);
        json["pre_tokenizer"] = new JsonObject { ["type"] = "Digits", ["individual_digits"] = true };
        json["post_processor"] = null;
        json["added_tokens"] = new JsonArray(Added(0, "<unk>"), Added(1, "<s>"), Added(2, "</s>"));
        var vocabulary = json["model"]!["vocab"]!.AsObject();
        string[] contents = ["<one>", "<one><two>", "word", "WORD", "[MASK]", "<l>", "<r>", "<lr>", "\n\n", "▁▁", "日本", "é", "e", "<N>"];
        foreach (var (content, i) in contents.Select((c, i) => (c, i)))
        {
            json["added_tokens"]!.AsArray().Add(Added(
                vocabulary.Count + i, content, special: i % 3 == 0, single: content.Equals("word", StringComparison.OrdinalIgnoreCase),
                left: content is "[MASK]" or "<l>" or "<lr>", right: content is "<r>" or "<lr>", normalized: i % 2 == 1));
        }

        var random = new CounterRandom(7, 7);
        string[] parts = [.. contents, " ", "  ", "\n", "a", "b", "ab", "Word", "words", "<ONE>", "_", "é", "日", "1", "\t", "▁", "E"];
        Check(json, Enumerable.Range(0, 1500).Select(
            _ => string.Concat(Enumerable.Range(0, 1 + random.NextInt(12)).Select(_ => parts[random.NextInt(parts.Length)]))));
    }

    private static JsonObject Metaspace(string scheme) =>
        new() { ["type"] = "Metaspace", ["replacement"] = "▁", ["prepend_scheme"] = scheme, ["split"] = true };

    private static JsonObject Added(
        int id, string content, bool special = true, bool single = false, bool left = false, bool right = false, bool normalized = false) => new()
        {
            ["id"] = id,
            ["content"] = content,
            ["special"] = special,
            ["single_word"] = single,
            ["lstrip"] = left,
            ["rstrip"] = right,
            ["normalized"] = normalized,
        };

    private static void Check(JsonObject json, IEnumerable<string> texts)
    {
        using var folder = new TempFolder();
        var tokenizer = TokenizerJson.Load(folder, json);
        using var rust = RustTokenizer.Load(folder["tokenizer.json"]);
        Parity.Check(tokenizer, rust, texts);
    }
}
