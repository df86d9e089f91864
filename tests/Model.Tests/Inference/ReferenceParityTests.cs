using LisaOrleans.Training;
using static TorchSharp.torch;

namespace LisaOrleans.Model.Tests;

/// <summary>A real model gives the numbers of llama2.c, which shares no code with this project or with PyTorch.</summary>
public sealed class ReferenceParityTests
{
    private static CausalLanguageModel Load(string dtype = "float32") => ModelLoader.Load(TestAssets.Require("stories260K"), dtype);

    [Fact]
    public void Score_float32_gives_the_losses_of_llama2c()
    {
        using var model = Load();
        foreach (var reference in ReferenceText.ReadAll())
        {
            var (loss, count) = model.Score(1, reference.Ids.Length, reference.Ids, [.. reference.Ids[1..], -100], null, null);
            Assert.Equal(reference.Ids.Length - 1, count);
            Assert.Equal(reference.MeanNll, loss / count, 1e-5);
        }
    }

    [Fact]
    public void Logits_last_position_has_those_of_llama2c()
    {
        using var scope = NewDisposeScope();
        using var model = Load();
        foreach (var reference in ReferenceText.ReadAll())
        {
            var logits_TV = model.Logits(reference.Ids);
            Assert.Equal([reference.Ids.Length, 512], logits_TV.shape);
            var actual = logits_TV[-1].data<float>().ToArray();
            Assert.Equal(reference.Logits, actual, (a, b) => Math.Abs(a - b) < 1e-4);
        }
    }

    [Fact]
    public void Generate_forty_greedy_tokens_are_those_of_llama2c()
    {
        using var model = Load();
        foreach (var reference in ReferenceText.ReadAll())
        {
            var tokens = TextGenerator.Generate(
                model, reference.Ids, new GenerationOptions { MaxNewTokens = 40 }, TestContext.Current.CancellationToken);
            Assert.Equal(reference.Greedy, tokens);
        }
    }

    [Fact]
    public void Score_bfloat16_gives_losses_close_to_those_of_llama2c()
    {
        using var model = Load("bfloat16");
        foreach (var reference in ReferenceText.ReadAll())
        {
            var (loss, count) = model.Score(1, reference.Ids.Length, reference.Ids, [.. reference.Ids[1..], -100], null, null);
            Assert.Equal(reference.MeanNll, loss / count, 0.03);
        }
    }
}
