namespace LisaOrleans.Api;

/// <summary>A whole choice of an answer.</summary>
/// <param name="Text">What the model says; may be empty.</param>
/// <param name="Calls">The tools that are called; null for none.</param>
/// <param name="FinishReason">Why it ended.</param>
internal sealed record CompletionChoice(string Text, IReadOnlyList<ToolCall>? Calls, string FinishReason);
