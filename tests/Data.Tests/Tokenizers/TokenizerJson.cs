using System.Text.Json.Nodes;

namespace LisaOrleans.Data.Tests;

/// <summary>Small tokenizer.json files, written by hand.</summary>
internal static class TokenizerJson
{
    /// <summary>Like GPT-2's: "Ġ" is a space, "Ã" and "©" the bytes of é. Merges in order: l o, lo w, Ġ low, e r.</summary>
    public static JsonObject ByteLevel() => Parse(
        """
        {
          "added_tokens": [
            {"id": 20, "content": "<|end|>", "special": true},
            {"id": 21, "content": "<tool>", "special": false}
          ],
          "normalizer": null,
          "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "use_regex": true},
          "post_processor": null,
          "decoder": {"type": "ByteLevel"},
          "model": {
            "type": "BPE",
            "vocab": {"l": 0, "o": 1, "w": 2, "e": 3, "r": 4, "Ġ": 5, "lo": 6, "low": 7, "Ġlow": 8, "er": 9, "Ã": 10, "©": 11, "lower": 12},
            "merges": ["l o", ["lo", "w"], "Ġ low", "e r"]
          }
        }
        """);

    /// <summary>Like SentencePiece's: "▁" is a space, bytes fall back to 3 + value. Merges: a b, ▁ ab.</summary>
    public static JsonObject SentencePiece()
    {
        var json = Parse(
            """
            {
              "added_tokens": [
                {"id": 0, "content": "<unk>", "special": true}, {"id": 1, "content": "<s>", "special": true},
                {"id": 2, "content": "</s>", "special": true}
              ],
              "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": "▁"}, {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
              "pre_tokenizer": null,
              "post_processor": {
                "type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]},
              "decoder": {"type": "Sequence", "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
              "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": true, "byte_fallback": true, "vocab": {"<unk>": 0, "<s>": 1, "</s>": 2},
                "merges": ["a b", "▁ ab"]}
            }
            """);
        var vocabulary = json["model"]!["vocab"]!.AsObject();
        for (var b = 0; b < 256; b++) vocabulary[$"<0x{b:X2}>"] = 3 + b;
        foreach (var token in (string[])["▁", "a", "b", "ab", "▁ab"]) vocabulary[token] = vocabulary.Count;
        return json;
    }

    /// <summary>Writes it, with a tokenizer_config.json if there is one, and loads the folder.</summary>
    public static ITokenizer Load(TempFolder folder, JsonObject json, string? config = null)
    {
        File.WriteAllText(folder["tokenizer.json"], json.ToJsonString());
        if (config is not null) File.WriteAllText(folder["tokenizer_config.json"], config);
        return TokenizerLoader.Load(folder.Root);
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();
}
