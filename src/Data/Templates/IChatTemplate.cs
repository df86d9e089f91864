namespace LisaOrleans.Data;

/// <summary>Writes a conversation as text. To add one: implement this, and list it in <see cref="ChatTemplates"/>.</summary>
public interface IChatTemplate
{
    /// <summary>Its value for --template.</summary>
    string Name { get; }

    /// <summary>Whether a sequence ends with the tokenizer's end token (the template has none of its own).</summary>
    bool EndsWithEos { get; }

    /// <summary>Whether a conversation begins with the tokenizer's begin token; null leaves it to the tokenizer.</summary>
    bool? BeginsWithBos => null;

    /// <summary>The same template in Jinja, for the folder of a model that was trained with it, without the begin token; null for none.</summary>
    string? Jinja => null;

    /// <summary>The first system turn that it cannot write where it stands; null where there is none.</summary>
    /// <param name="messages">The conversation.</param>
    int? MisplacedSystem(IReadOnlyList<ChatMessage> messages) => null;

    /// <summary>The conversation as segments; what the assistant says, and its end of turn, are trained.</summary>
    /// <param name="messages">At least one, and no <see cref="MisplacedSystem"/> among them.</param>
    /// <param name="addGenerationPrompt">Whether to end with what begins an assistant's turn.</param>
    IReadOnlyList<RenderedSegment> Render(IReadOnlyList<ChatMessage> messages, bool addGenerationPrompt);
}
