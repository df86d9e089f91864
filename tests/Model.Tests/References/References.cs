namespace LisaOrleans.Model.Tests;

/// <summary>The references of all families. To add one is a line here.</summary>
internal static class References
{
    public static IReadOnlyList<Reference> All { get; } =
    [
        LlamaReference.Llama3,
        LlamaReference.Linear,
        LlamaReference.Qwen2,
        LlamaReference.Qwen2Typed,
        Qwen3Reference.Yarn,
        Qwen3Reference.Plain,
        MinistralReference.Mistral,
        MinistralReference.Ministral,
        MinistralReference.Ministral3,
        MinistralReference.Wrapped,
        MinistralReference.WrappedMistral,
        GemmaReference.First,
        GemmaReference.Untied,
        Gemma2Reference.Capped,
        Gemma2Reference.Typed,
        Qwen3MoeReference.Listed,
        Qwen3MoeReference.Stepped,
        MixtralReference.Windowed,
        GptOssReference.First,
        GptOssReference.Typed,
        Gemma3Reference.Text,
        Gemma3Reference.Wrapped,
        Phi3Reference.Long,
        Phi3Reference.Partial,
        OlmoReference.Olmo2,
        OlmoReference.Olmo2Tied,
        OlmoReference.Olmo3,
        OlmoReference.Olmo3Typed,
        SmolLm3Reference.Listed,
        SmolLm3Reference.Interval,
        GraniteReference.Biased,
        GraniteReference.Untied,
        Glm4Reference.Biased,
        Glm4Reference.Tied,
        Gpt2Reference.First,
        Gpt2Reference.Other,
    ];
}
