using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>OpenAI's and TRL's <c>{"prompt", "completion"}</c>.</summary>
internal sealed class PromptCompletionFormat : IDatasetFormat
{
    public string Name => "prompt-completion";

    public string Fields => "prompt, completion";

    public bool Matches(JsonElement record, DatasetOptions options) => record.TryGetProperty("prompt", out _) && record.TryGetProperty("completion", out _);

    public Example Parse(RecordReader record, DatasetOptions options) => Example.Of(record.Text("prompt"), record.Text("completion"));
}
