namespace LisaOrleans.Data;

/// <summary>One training example: a text of its own, or a conversation.</summary>
public sealed record Example
{
    /// <value>A text to learn as a whole; null for a conversation.</value>
    public string? Text { get; init; }

    /// <value>A conversation; a prompt with its completion is one of two turns.</value>
    public IReadOnlyList<ChatMessage> Messages { get; init; } = [];

    internal static Example Of(string prompt, string completion) =>
        new() { Messages = [new ChatMessage("user", prompt), new ChatMessage(TurnTemplate.Assistant, completion)] };
}
