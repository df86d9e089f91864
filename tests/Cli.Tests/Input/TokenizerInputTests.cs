using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cli.Tests;

/// <summary>A tokenizer from a stranger.</summary>
public sealed class TokenizerInputTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Train_eval_and_generate_token_beyond_the_models_rows_is_refused()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder, c => c["vocab_size"] = 300);
        await CutEmbedding(model, 300);
        await LisaMain.RefusesAsync(Sample.Train(folder["out"], model), Sample.Data, "line 1", "vocab_size is 300");
        await LisaMain.RefusesAsync(["eval", "--model", model, "--data", Sample.Data], Sample.Data, "vocab_size is 300");
        await LisaMain.RefusesAsync(["generate", "--model", model, "--prompt", "The fox is red."], "vocabulary of 300");
        Sample.HasNoFiles(folder["out"]);
    }

    [Fact]
    public async Task Train_missing_or_damaged_tokenizer_is_refused()
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        var path = Path.Combine(model, "tokenizer.model");
        var whole = await File.ReadAllBytesAsync(path, Token);
        foreach (var damaged in (byte[][])[[], whole[..3001], [.. whole.Reverse()], new byte[8000]])
        {
            await File.WriteAllBytesAsync(path, damaged, Token);
            await LisaMain.RefusesAsync(Sample.Train(folder["out"], model), "tokenizer.model: ");
        }

        File.Delete(path);
        await LisaMain.RefusesAsync(Sample.Train(folder["out"], model), model, "tokenizer.model");
        Sample.HasNoFiles(folder["out"]);
    }

    [Theory]
    [InlineData("[]", "JSON object")]
    [InlineData("{", "JSON")]
    [InlineData("""{"add_bos_token":5}""", "add_bos_token")]
    [InlineData("""{"added_tokens_decoder":[]}""", "added_tokens_decoder")]
    [InlineData("""{"added_tokens_decoder":{"-1":{"content":"x"}}}""", "added_tokens_decoder.-1")]
    [InlineData("""{"added_tokens_decoder":{"3":{"content":7}}}""", "added_tokens_decoder.3")]
    [InlineData("""{"added_tokens_decoder":{"3":{"content":"\ud800"}}}""", "tokenizer_config.json")]
    public async Task Train_hostile_tokenizer_config_is_refused(string config, string says)
    {
        using var folder = new TempFolder();
        var model = Sample.CopyModel(folder);
        await File.WriteAllTextAsync(Path.Combine(model, "tokenizer_config.json"), config, Token);
        await LisaMain.RefusesAsync(Sample.Train(folder["out"], model), "tokenizer_config.json: ", says);
        Sample.HasNoFiles(folder["out"]);
    }

    private static async Task CutEmbedding(string model, int rows)
    {
        var path = Path.Combine(model, "model.safetensors");
        using var reader = SafetensorsReader.OpenFile(path);
        var tensors = reader.Tensors.Values.Select(t => new TensorSource(
            t.Name, t.DType, t.Name == "model.embed_tokens.weight" ? [rows, 96] : t.Shape, reader.Pointer(t))).ToArray();
        await SafetensorsWriter.WriteFileAsync(path, tensors, null, Token);
    }
}
