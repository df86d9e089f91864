namespace LisaOrleans.Model;

/// <summary>The families of models that can be trained. To add one is a file beside this one, and a line here.</summary>
internal static class ModelFamilies
{
    public static IReadOnlyList<ModelFamily> All { get; } =
    [
        new("llama", json => new Llama(json)),
        new("mistral", json => new Mistral(json)),
        new("qwen2", json => new Qwen2(json)),
        new("qwen3", json => new Qwen3(json)),
        new("gemma3_text", json => new Gemma3(json)) { Wrappers = ["gemma3"] },
    ];

    public static string Names => string.Join(", ", All.Select(f => f.ModelType));
}
