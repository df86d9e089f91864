namespace LisaOrleans.Api;

/// <summary>Tokens of a request.</summary>
/// <param name="PromptTokens">Read, once for each prompt.</param>
/// <param name="CompletionTokens">Made, for all choices.</param>
internal readonly record struct CompletionUsage(int PromptTokens, int CompletionTokens);
