using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">system, developer, user, assistant or tool.</param>
/// <param name="Content">What was said; empty where the turn has no text, such as one that only calls tools.</param>
public sealed record ChatMessage(string Role, string Content)
{
    /// <value>
    /// The turn as a chat template sees it: an object with <c>role</c>, <c>content</c> and whatever else the record holds for
    /// templates (<c>tool_calls</c>, <c>tool_call_id</c>, <c>name</c>, <c>reasoning_content</c> …), in the record's order, with
    /// Hugging Face's names. Null: just role and content.
    /// </value>
    public JsonElement? Fields { get; init; }

    /// <value>Whether the model learns to say it, as the record demands; null leaves it to the run's settings.</value>
    public bool? Train { get; init; }

    /// <value>How much its tokens count in the loss where they are learned, above 0. Default 1.</value>
    public float Weight { get; init; } = 1;

    /// <value>Whether the model learns to say it: as <see cref="Train"/> demands; where that is null, only what the assistant says.</value>
    internal bool IsLearned => Train ?? Role == TurnTemplate.Assistant;

    /// <value>How much its tokens count in the loss; 0 where they are not learned.</value>
    internal float LearnedWeight => IsLearned ? Weight : 0;
}
