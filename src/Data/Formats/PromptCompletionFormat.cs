namespace LisaOrleans.Data;

/// <summary>
/// OpenAI's and TRL's <c>{"prompt", "completion"}</c>: two texts, or TRL's two lists of messages, where those of the completion
/// are learned.
/// </summary>
internal sealed class PromptCompletionFormat : IDatasetFormat
{
    public string Name => "prompt-completion";

    public string Fields => $"prompt, completion, {Conversation.ReadsBeside}";

    public bool Matches(RecordReader record, DatasetSettings settings) => record.Has("prompt") && record.Has("completion");

    public Example Parse(RecordReader record, DatasetSettings settings) =>
        PromptTurns.Parse(record, "prompt", "completion");
}
