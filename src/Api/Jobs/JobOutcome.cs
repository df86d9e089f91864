namespace LisaOrleans.Api;

/// <summary>How a job ended.</summary>
/// <param name="Status">succeeded or cancelled.</param>
/// <param name="FinishedAt">When.</param>
/// <param name="TrainedTokens">Tokens of all its steps; null for a cancelled one.</param>
/// <param name="ResultFile">The file with its metrics; null if it made no step, and for jobs of older versions.</param>
internal sealed record JobOutcome(string Status, DateTimeOffset FinishedAt, long? TrainedTokens, string? ResultFile = null);
