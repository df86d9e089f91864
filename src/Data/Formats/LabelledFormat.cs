using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>TRL's answers that are good or bad: <c>{"prompt", "completion", "label"}</c>, the label true or false.</summary>
internal sealed class LabelledFormat : IDatasetFormat
{
    public const string FormatName = "labelled";

    public string Name => FormatName;

    public string Fields => "prompt, completion, label";

    public bool Matches(RecordReader record, DatasetSettings settings) => record.Has("prompt")
        && record.Has("completion")
        && record.Has("label") && record.Element.GetProperty("label").ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.String;

    public Example Parse(RecordReader record, DatasetSettings settings) => throw record.Wrong(
        "label",
        "says whether the completion is good, and supervised training would learn bad ones too; to learn all of them: --ignore-fields label");

    public static LabelledAnswer ParseAnswer(RecordReader record)
    {
        var example = PromptTurns.Parse(record, "prompt", "completion");
        return new LabelledAnswer(example, record.OptionalFlag("label") ?? throw record.Wrong("label", "is missing; it must be true or false"));
    }
}
