using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace LisaOrleans;

/// <summary>How the records of a data set become samples. See docs/fine-tune.md.</summary>
[GenerateSerializer, Immutable, Alias("lisa.DatasetSettings")]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)] // Jobs of older versions kept the block size here too.
public sealed record DatasetSettings
{
    /// <value>Name of the records' format; null (default) tells it by the first record.</value>
    [Id(0)]
    [Setting("format of the records", Name = "data_format", Group = SettingGroups.Data,
        ChoicesOf = SettingRegistries.DatasetFormats,
        DefaultText = "detected from the first record")]
    public string? Format { get; init; }

    /// <value>Field with the prompt; null (default) for the format's own.</value>
    [Id(1)]
    [Setting("field that holds the prompt, such as question", Group = SettingGroups.Data, DefaultText = "the format's own")]
    public string? PromptField { get; init; }

    /// <value>Field with the completion; null (default) for the format's own.</value>
    [Id(2)]
    [Setting("field that holds the completion, such as answer", Group = SettingGroups.Data, DefaultText = "the format's own")]
    public string? CompletionField { get; init; }

    /// <value>Field with the text, which makes records plain texts; null (default) for <c>text</c>, where that is the format.</value>
    [Id(3)]
    [Setting("field that holds the text; if given, records are read as plain texts", Group = SettingGroups.Data, DefaultText = "text",
        Aliases = ["dataset_text_field", "text_column"])]
    public string? TextField { get; init; }

    /// <value>Chat template. Default <c>auto</c>: that of the model's folder for chats, none for other data.</value>
    [Id(4)]
    [Setting("chat template; auto: the model folder's own for chats, none for other data", Group = SettingGroups.Data,
        ChoicesOf = SettingRegistries.ChatTemplates, Instead = ["chat_template", "chat_template_path", "conversation_template"])]
    public string Template { get; init; } = "auto";

    /// <value>Whether prompts are learned too, but for turns that say themselves how much they count. Default false.</value>
    [Id(5)]
    [Setting("also learn the prompts; turns with a weight of their own keep it", Group = SettingGroups.Data,
        Instead = ["completion_only_loss", "assistant_only_loss", "train_on_inputs", "mask_prompt"])]
    public bool TrainOnPrompt { get; init; }

    /// <value>
    /// Fields of records and turns that are treated as if they were not there; other unused ones that may matter are errors. Default none.
    /// </value>
    [Id(6)]
    [Setting("fields of records and turns to ignore; other unused fields that may matter are errors", Group = SettingGroups.Data,
        Instead = ["remove_unused_columns"])]
    public IReadOnlyList<string> IgnoreFields { get; init; } = [];

    /// <value>Answers of a conversation that are learned, unless turns say it themselves: <c>all</c> (default) or <c>last</c>.</value>
    [Id(7)]
    [Setting("which of a conversation's answers are learned, where they have no weight of their own", Group = SettingGroups.Data,
        ChoicesOf = SettingRegistries.LearnedAnswers)]
    public string TrainOn { get; init; } = "all";

    /// <value>What becomes of texts longer than a block: <c>split</c> into blocks (default), or <c>cut</c> to the first.</value>
    [Id(8)]
    [Setting("texts longer than a block: split into blocks, or cut to the first", Group = SettingGroups.Data,
        ChoicesOf = SettingRegistries.LongTexts)]
    public string LongTexts { get; init; } = "split";

    /// <value>What of the training data is only scored: a share as <c>0.1</c>, or the split of a folder; null (default) for none.</value>
    [Id(9)]
    [Setting("share of the data to hold out for evaluation, such as 0.1, or a split of the folder: validation, test", Group = SettingGroups.Data,
        Instead = ["val_set_size", "test_size", "validation_split_percentage"])]
    [RegularExpression(@"^(train|validation|test|0?\.[0-9]*[1-9][0-9]*([eE]-[0-9]{1,2})?|[1-9](\.[0-9]*)?[eE]-0*[1-9][0-9]?)$",
        ErrorMessage = "a share between 0 and 1, such as 0.1, or a split of the folder: train, validation, test")]
    public string? ValidationSplit { get; init; }
}
