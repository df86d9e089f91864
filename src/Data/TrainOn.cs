namespace LisaOrleans.Data;

/// <summary>Which of the assistant's turns are learned, unless the turns themselves say whether they are.</summary>
public static class TrainOn
{
    public const string All = "all";

    public const string Last = "last";

    public static IReadOnlyList<string> Choices { get; } = [All, Last];

    internal static Example Apply(Example example, DatasetSettings settings)
    {
        if (settings.TrainOn != Last) return example;
        var messages = example.Messages.ToArray();
        var last = Array.FindLastIndex(messages, m => m.Role == TurnTemplate.Assistant);
        for (var i = 0; i < last; i++)
            if (messages[i].Role == TurnTemplate.Assistant) messages[i] = messages[i] with { Train = messages[i].Train ?? false };
        return example with { Messages = messages };
    }
}
