namespace LisaOrleans.Data;

/// <summary>How records become samples.</summary>
public sealed record DatasetOptions
{
    /// <value>One of <see cref="DatasetFormats.Names"/>; null tells it by the first record.</value>
    public string? Format { get; init; }

    /// <value>Field with the prompt.</value>
    public string? PromptField { get; init; }

    /// <value>Field with the completion.</value>
    public string? CompletionField { get; init; }

    /// <value>Field with the text, for plain texts.</value>
    public string? TextField { get; init; }

    /// <value>One of <see cref="ChatTemplates.Names"/>. Default auto: conversations are written as the model's folder has it, other records plainly.</value>
    public string Template { get; init; } = ChatTemplates.Auto;

    /// <value>Whether the prompt is learned too. Default false.</value>
    public bool TrainOnPrompt { get; init; }

    /// <value>One of <see cref="LisaOrleans.Data.TrainOn.Choices"/>: which answers of a conversation are learned. Default all.</value>
    public string TrainOn { get; init; } = LisaOrleans.Data.TrainOn.All;

    /// <value>One of <see cref="LisaOrleans.Data.LongTexts.All"/>: what becomes of texts longer than a block. Default split.</value>
    public string LongTexts { get; init; } = LisaOrleans.Data.LongTexts.Split;

    /// <value>What of the training data is only scored: a share as 0.1, or the split of a folder. Default none.</value>
    public string? ValidationSplit { get; init; }

    /// <value>Fields of records and turns that are treated as if they were not there. Default none.</value>
    public IReadOnlyList<string> IgnoreFields { get; init; } = [];

    /// <value>Longest sample in tokens.</value>
    public int BlockSize { get; init; } = 1024;
}
