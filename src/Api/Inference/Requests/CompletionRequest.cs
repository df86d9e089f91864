using System.Text.Json;
using LisaOrleans.Data;
using LisaOrleans.Model;

namespace LisaOrleans.Api;

/// <summary>A request for completions, checked as far as that does not depend on the model.</summary>
internal sealed record CompletionRequest
{
    /// <value>Whether it is a conversation.</value>
    public required bool Chat { get; init; }

    /// <value>The model's name.</value>
    public required string Model { get; init; }

    /// <value>The conversation; empty unless <see cref="Chat"/>.</value>
    public IReadOnlyList<ChatMessage> Messages { get; init; } = [];

    /// <value>The tools that the answer may call, as a list in the form that templates take; null for none.</value>
    public JsonElement? Tools { get; init; }

    /// <value>The texts to continue; empty if <see cref="Chat"/>.</value>
    public IReadOnlyList<CompletionPrompt> Prompts { get; init; } = [];

    /// <value>Longest completion, in tokens; null for as many as the model has room for.</value>
    public int? MaxTokens { get; init; }

    /// <value>Choices for each prompt.</value>
    public int N { get; init; } = 1;

    /// <value>Texts that end a completion and are not part of it.</value>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <value>How tokens are chosen.</value>
    public required GenerationOptions Sampling { get; init; }

    /// <value>Whether the caller chose the seed of <see cref="Sampling"/>.</value>
    public bool HasSeed { get; init; }

    /// <value>Whether pieces are sent as they are made.</value>
    public bool Stream { get; init; }

    /// <value>Whether the stream ends with the count of tokens.</value>
    public bool IncludeUsage { get; init; }
}
