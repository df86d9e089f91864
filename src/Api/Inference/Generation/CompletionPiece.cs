namespace LisaOrleans.Api;

/// <summary>A piece of an answer.</summary>
/// <param name="Index">The choice that it belongs to.</param>
/// <param name="Text">Whole characters; may be empty.</param>
/// <param name="FinishReason"><c>stop</c>, <c>length</c> or <c>tool_calls</c> with the last piece of a choice, else null.</param>
/// <param name="Calls">With the last piece of a choice: its calls of tools; null for none.</param>
internal readonly record struct CompletionPiece(int Index, string Text, string? FinishReason, IReadOnlyList<ToolCall>? Calls = null);
