namespace LisaOrleans.Api;

/// <summary>A text to continue: as text, or as tokens that are used as they are.</summary>
/// <param name="Text">The text, or null.</param>
/// <param name="Ids">The tokens, or null.</param>
internal sealed record CompletionPrompt(string? Text, int[]? Ids);
