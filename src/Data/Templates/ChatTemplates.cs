namespace LisaOrleans.Data;

/// <summary>All chat templates.</summary>
public static class ChatTemplates
{
    private static readonly IChatTemplate[] s_templates =
    [
        new PlainTemplate(), new ChatMlTemplate(), new Llama2Template(), new Llama3Template(), new Qwen2Template(),
        new ZephyrTemplate(), new AlpacaTemplate(),
    ];

    /// <summary>The name for the template that the model's folder has of its own.</summary>
    public const string Auto = "auto";

    /// <summary>The name of the template to use where a folder has none and there is nobody to ask for another.</summary>
    public const string Default = "chatml";

    /// <summary>Their names, beginning with <see cref="Auto"/>.</summary>
    public static IReadOnlyList<string> Names { get; } = [Auto, .. s_templates.Select(t => t.Name)];

    /// <summary>Those to choose from where a folder has no template.</summary>
    public static string Choices { get; } = string.Join(", ", s_templates.Where(t => t.Name != PlainTemplate.PlainName).Select(t => t.Name));

    /// <summary>What is wrong with a conversation that a template would lose some of, or move; null where nothing is.</summary>
    /// <param name="template">The template.</param>
    /// <param name="messages">The conversation.</param>
    internal static string? Problem(IChatTemplate template, IReadOnlyList<ChatMessage> messages)
    {
        if (template.MisplacedSystem(messages) is not { } turn) return null;
        ChatMessage[] later = [new(TurnRole.User, "x"), new(TurnRole.System, "x")];
        var others = s_templates.Where(t => t.Name != PlainTemplate.PlainName && t.MisplacedSystem(later) is null).Select(t => t.Name);
        return $"turn {turn} is of role 'system', which template {template.Name} writes only as the first turn, before the user's; "
            + $"{string.Join(", ", others)} write it where it stands";
    }

    /// <summary>The first system turn from a place on; null where there is none.</summary>
    internal static int? SystemTurn(IReadOnlyList<ChatMessage> messages, int from) =>
        messages.Index().Skip(from).Where(m => m.Item.Role == TurnRole.System).Select(m => (int?)m.Index).FirstOrDefault();

    /// <summary>One by its name, which is not <see cref="Auto"/>.</summary>
    public static IChatTemplate Get(string name) => s_templates.FirstOrDefault(t => t.Name == name)
        ?? throw new DatasetException($"template '{name}' is unknown; one of {string.Join(", ", Names)}");
}
