namespace LisaOrleans.Api;

/// <summary>OpenAI's error of a job.</summary>
/// <param name="Code">For programs.</param>
/// <param name="Message">For people.</param>
/// <param name="Param">The field of the request that the error is about, or null.</param>
public sealed record JobError(string Code, string Message, string? Param);
