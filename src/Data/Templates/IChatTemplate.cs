namespace LisaOrleans.Data;

/// <summary>Writes a conversation as text. To add one: implement this, and list it in <see cref="ChatTemplates"/>.</summary>
public interface IChatTemplate
{
    /// <summary>Its value for --template.</summary>
    string Name { get; }

    /// <summary>Whether a sequence ends with the tokenizer's end token (the template has none of its own).</summary>
    bool EndsWithEos { get; }

    /// <summary>The conversation as segments; what the assistant says, and its end of turn, are trained.</summary>
    /// <param name="messages">At least one.</param>
    /// <param name="addGenerationPrompt">Whether to end with what begins an assistant's turn.</param>
    IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt);
}
