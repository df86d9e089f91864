namespace LisaOrleans.Model;

/// <summary>The families of models that can be trained. To add one: a file beside this one, and a line here.</summary>
internal static class ModelFamilies
{
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        new("llama", json => new Llama(json)),
        new("mistral", json => new Mistral(json)) { Wrappers = ["mistral3"] },
        new("qwen2", json => new Qwen2(json)),
        new("qwen3", json => new Qwen3(json)),
        new("gemma", json => new Gemma(json)),
        new("gemma2", json => new Gemma2(json)),
        new("qwen3_moe", json => new Qwen3Moe(json)),
        new("mixtral", json => new Mixtral(json)),
        new("gpt_oss", json => new GptOss(json)),
        new("gemma3_text", json => new Gemma3(json)) { Wrappers = ["gemma3"] },
        new("ministral", json => new Mistral(json)),
        new("ministral3", json => new Ministral3(json)) { Wrappers = ["mistral3"] },
        new("phi3", json => new Phi3(json)),
        new("olmo2", json => new Olmo2(json)),
        new("olmo3", json => new Olmo3(json)),
        new("smollm3", json => new SmolLm3(json)),
        new("granite", json => new Granite(json)),
        new("glm4", json => new Glm4(json)),
        new("gpt2", json => new Gpt2(json)),
    ];

    public static string Names => string.Join(", ", All.Select(f => f.ModelType));
}
