namespace LisaOrleans;

/// <summary>How the records of a data set become samples. See docs/fine-tune.md.</summary>
[GenerateSerializer, Immutable, Alias("lisa.DatasetSettings")]
public sealed record DatasetSettings
{
    /// <value>Name of the records' format; null (default) tells it by the first record.</value>
    [Id(0)] public string? Format { get; init; }

    /// <value>Field with the prompt; null (default) for the format's own.</value>
    [Id(1)] public string? PromptField { get; init; }

    /// <value>Field with the completion; null (default) for the format's own.</value>
    [Id(2)] public string? CompletionField { get; init; }

    /// <value>Field with the text, for plain texts; null (default) for <c>text</c>.</value>
    [Id(3)] public string? TextField { get; init; }

    /// <value>Chat template. Default <c>plain</c>.</value>
    [Id(4)] public string Template { get; init; } = "plain";

    /// <value>Whether prompts are learned too. Default false.</value>
    [Id(5)] public bool TrainOnPrompt { get; init; }

    /// <value>Fields of records and turns that are treated as if they were not there; others that are not used are an error. Default none.</value>
    [Id(6)] public IReadOnlyList<string> IgnoreFields { get; init; } = [];

    /// <value>Answers of a conversation that are learned: <c>all</c> (default) or <c>last</c>.</value>
    [Id(7)] public string TrainOn { get; init; } = "all";

    /// <value>What becomes of texts longer than a block: <c>split</c> into blocks (default), or <c>cut</c> to the first.</value>
    [Id(8)] public string LongTexts { get; init; } = "split";

    /// <value>Share of the data that is only scored, as <c>0.1</c>; null (default) for none.</value>
    [Id(9)] public string? ValidationSplit { get; init; }
}
