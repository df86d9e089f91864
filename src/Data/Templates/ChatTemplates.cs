namespace LisaOrleans.Data;

/// <summary>All chat templates.</summary>
public static class ChatTemplates
{
    private static readonly IChatTemplate[] s_templates =
    [
        new PlainTemplate(), new ChatMlTemplate(), new Llama2Template(), new Llama3Template(), new Qwen2Template(),
        new ZephyrTemplate(), new AlpacaTemplate(),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. s_templates.Select(t => t.Name)];

    /// <summary>One by its name.</summary>
    public static IChatTemplate Get(string name) => s_templates.FirstOrDefault(t => t.Name == name)
        ?? throw new DatasetException($"template '{name}' is unknown; one of {string.Join(", ", Names)}");
}
