namespace LisaOrleans.Data;

/// <summary>Finds the tokenizer of a Hugging Face folder.</summary>
public static class TokenizerLoader
{
    private const string SentencePiece = "tokenizer.model";
    private const string Json = "tokenizer.json";

    /// <summary>All files that a tokenizer may consist of; they are copied to an output folder as they are.</summary>
    public static IReadOnlyList<string> Files { get; } =
    [
        SentencePiece, Json, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "chat_template.jinja",
    ];

    /// <summary>Loads it: tokenizer.json, which describes the whole tokenizer; where there is none, tokenizer.model.</summary>
    /// <exception cref="TokenizerException">There is none that can be read, or it is damaged.</exception>
    public static ITokenizer Load(string folder)
    {
        var config = TokenizerConfig.Read(folder);
        if (JsonTokenizerReader.Load(Path.Combine(folder, Json), config) is { } tokenizer) return tokenizer;
        var path = Path.Combine(folder, SentencePiece);
        return File.Exists(path) ? SentencePieceReader.Load(path, config) : throw new TokenizerException(folder, $"has neither {Json} nor {SentencePiece}");
    }
}
