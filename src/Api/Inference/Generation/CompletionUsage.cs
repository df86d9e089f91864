namespace LisaOrleans.Api;

/// <summary>Tokens of a request.</summary>
/// <param name="PromptTokens">Tokens read, counted once for each prompt.</param>
/// <param name="CompletionTokens">Tokens made, for all choices.</param>
internal readonly record struct CompletionUsage(int PromptTokens, int CompletionTokens);
