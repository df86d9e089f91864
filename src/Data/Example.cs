using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>One training example: a text of its own, a conversation, or tokens.</summary>
public sealed record Example
{
    /// <value>A text to learn as a whole; null for a conversation.</value>
    public string? Text { get; init; }

    /// <value>Tokens, where the record holds them instead of words; else null.</value>
    public EncodedSample? Tokens { get; init; }

    /// <value>A conversation; a prompt with its completion is one of two turns.</value>
    public IReadOnlyList<ChatMessage> Messages { get; init; } = [];

    /// <value>The tools that the conversation may call: a list, as the record has it, for the chat template; null for none.</value>
    public JsonElement? Tools { get; init; }

    /// <value>What else the record gives its chat template by name, such as <c>documents</c> or <c>enable_thinking</c>.</value>
    public IReadOnlyDictionary<string, JsonElement> TemplateVariables { get; init; } = new Dictionary<string, JsonElement>();

    /// <value>
    /// Whether it is a chat, which a template has to write: more than a question and its answer, or a list of turns. A prompt with
    /// its completion, two texts, is none.
    /// </value>
    public bool IsChat { get; init; }

    /// <value>What the weights of all its tokens are multiplied with, at least 0. Default 1.</value>
    public float Weight { get; init; } = 1;

    internal static Example Of(string prompt, string completion) =>
        new() { Messages = [new ChatMessage("user", prompt), new ChatMessage(TurnTemplate.Assistant, completion)] };
}
