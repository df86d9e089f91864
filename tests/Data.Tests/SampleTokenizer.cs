namespace LisaOrleans.Data.Tests;

/// <summary>The tokenizer of the sample model, which is part of the repository: 512 pieces, with byte fallback.</summary>
internal static class SampleTokenizer
{
    public const int Bos = 1;

    public const int Eos = 2;

    public const int VocabularySize = 512;

    public static string Folder { get; } = Path.Combine(Repository.Root, "samples", "tiny-stories");

    public static ITokenizer Load() => TokenizerLoader.Load(Folder);

    /// <summary>The same with additions to tokenizer_config.json, in a folder of its own.</summary>
    public static ITokenizer Load(TempFolder folder, string config)
    {
        File.Copy(Path.Combine(Folder, "tokenizer.model"), folder["tokenizer.model"]);
        File.WriteAllText(folder["tokenizer_config.json"], config);
        return TokenizerLoader.Load(folder.Root);
    }
}
