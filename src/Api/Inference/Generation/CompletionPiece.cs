namespace LisaOrleans.Api;

/// <summary>A piece of an answer.</summary>
/// <param name="Index">Of which choice.</param>
/// <param name="Text">Whole characters; may be empty.</param>
/// <param name="FinishReason"><c>stop</c> or <c>length</c> with the last piece of a choice, else null.</param>
internal readonly record struct CompletionPiece(int Index, string Text, string? FinishReason);
