using System.Text.Json;
using System.Text.Json.Nodes;

namespace LisaOrleans.Data;

/// <summary>
/// Reads vocab.json and merges.txt, as folders have them that are older than tokenizer.json. They do not say what is done to
/// text; the tokenizer's class in tokenizer_config.json does.
/// </summary>
internal static class VocabularyFilesReader
{
    private const string Vocabulary = "vocab.json";
    private const string Merges = "merges.txt";
    private static readonly string[] s_supported = [TokenizerClasses.Gpt2, TokenizerClasses.Qwen2];

    /// <summary>The tokenizer; null where one of the files is missing.</summary>
    public static ITokenizer? Load(string folder, TokenizerConfig config)
    {
        var (path, merges) = (Path.Combine(folder, Vocabulary), Path.Combine(folder, Merges));
        if (!File.Exists(path) || !File.Exists(merges)) return null;

        // Where no class is stated, that of the model's type may be one with other files.
        var kind = TokenizerClasses.WithoutFast(config.Class ?? TokenizerClasses.Gpt2);
        if (!s_supported.Contains(kind) && config.TokenizerClass is null) kind = TokenizerClasses.Gpt2;
        if (!s_supported.Contains(kind))
        {
            throw new TokenizerException(
                Path.Combine(folder, "tokenizer_config.json"),
                $"field 'tokenizer_class' is '{config.TokenizerClass}'; supported with {Vocabulary} and {Merges}: "
                    + $"{string.Join(", ", s_supported)}; any with tokenizer.json");
        }

        return JsonField.ReadFile(path, root =>
        {
            BpeReader.Vocabulary(root);
            var json = Json(File.ReadAllText(path), File.ReadLines(merges), kind == TokenizerClasses.Qwen2);
            using var document = JsonDocument.Parse(json.ToJsonString());
            return JsonTokenizerReader.Read(new JsonField(path, null, "", document.RootElement), config.As(kind));
        });
    }

    private static JsonObject Json(string vocabulary, IEnumerable<string> merges, bool isQwen)
    {
        var bytes = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = !isQwen };
        var split = new JsonObject
        {
            ["type"] = "Split",
            ["pattern"] = new JsonObject { ["Regex"] = KnownPatterns.Qwen },
            ["behavior"] = "Isolated",
        };
        var sequence = new JsonObject { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(split, bytes) };
        var lines = merges.Where(m => m.Length > 0 && !m.StartsWith("#version", StringComparison.Ordinal));
        return new JsonObject
        {
            ["normalizer"] = isQwen ? new JsonObject { ["type"] = "NFC" } : null,
            ["pre_tokenizer"] = isQwen ? sequence : bytes.DeepClone(),
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = JsonNode.Parse(vocabulary),
                ["merges"] = new JsonArray([.. lines.Select(m => (JsonNode)m)]),
            },
        };
    }
}
