namespace LisaOrleans.Data;

/// <summary>Finds the tokenizer of a Hugging Face folder.</summary>
public static class TokenizerLoader
{
    private const string Json = "tokenizer.json";
    private const string Model = "tokenizer.model";
    private const string Tekken = "tekken.json";
    private static readonly string[] s_tiktoken = ["tiktoken.model", "qwen.tiktoken"];

    /// <summary>
    /// Loads it: tokenizer.json, which describes the whole tokenizer; where there is none, tokenizer.model of SentencePiece or
    /// tiktoken, Mistral's tekken.json, another file of tiktoken, or vocab.json with merges.txt.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <param name="ofModel">
    /// The paths of the model's config.json and generation_config.json, which say what the tokenizer's own files leave out; null (default)
    /// for the same folder.
    /// </param>
    /// <exception cref="TokenizerException">There is none that can be read, or it is damaged.</exception>
    public static ITokenizer Load(string folder, Func<string, string>? ofModel = null)
    {
        var config = TokenizerConfig.Read(folder, ofModel);
        return JsonTokenizerReader.Load(Path.Combine(folder, Json), config)
            ?? LoadModel(Path.Combine(folder, Model), config)
            ?? TekkenReader.Load(Path.Combine(folder, Tekken), config)
            ?? s_tiktoken.Select(name => LoadModel(Path.Combine(folder, name), config)).FirstOrDefault(t => t is not null)
            ?? VocabularyFilesReader.Load(folder, config)
            ?? throw new TokenizerException(
                folder,
                $"has neither {Json} nor {Model}, {Tekken}, {string.Join(", ", s_tiktoken)}, or vocab.json with merges.txt");
    }

    private static ITokenizer? LoadModel(string path, TokenizerConfig config)
    {
        if (!File.Exists(path)) return null;
        var content = File.ReadAllBytes(path);
        return TiktokenReader.Recognizes(content)
            ? TiktokenReader.Read(path, content, config)
            : SentencePieceReader.Read(path, content, config);
    }
}
