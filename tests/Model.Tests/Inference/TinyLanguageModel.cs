namespace LisaOrleans.Model.Tests;

/// <summary>The tiny model, whole.</summary>
internal static class TinyLanguageModel
{
    public static CausalLanguageModel Create(ModelConfig config) => new(config, TinyModel.Float32, TinyModel.Weights(config));

    public static int[] Generate(CausalLanguageModel model, int[] prompt, GenerationOptions options) =>
        [.. TextGenerator.Generate(model, prompt, options, TestContext.Current.CancellationToken)];
}
