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

    /// <summary>Loads it.</summary>
    /// <exception cref="TokenizerException">There is none that can be read, or it is damaged.</exception>
    public static ITokenizer Load(string folder)
    {
        var path = Path.Combine(folder, SentencePiece);
        if (File.Exists(path)) return SentencePieceAdapter.Load(path, TokenizerConfig.Read(folder));
        return JsonTokenizer.Load(Path.Combine(folder, Json), TokenizerConfig.Read(folder))
            ?? throw new TokenizerException(folder, $"has neither {SentencePiece} nor {Json}");
    }
}
