namespace LisaOrleans.Api;

/// <summary>A call of a function that the model asks for.</summary>
/// <param name="Id">The id by which the result refers to it.</param>
/// <param name="Name">The function.</param>
/// <param name="Arguments">An object as JSON, as the model wrote it.</param>
internal sealed record ToolCall(string Id, string Name, string Arguments);
