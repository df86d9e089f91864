namespace LisaOrleans.Api;

/// <summary>How a job ended.</summary>
/// <param name="Status">succeeded or cancelled.</param>
/// <param name="FinishedAt">When.</param>
/// <param name="TrainedTokens">Tokens of all its steps; null for a cancelled one.</param>
internal sealed record JobOutcome(string Status, DateTimeOffset FinishedAt, long? TrainedTokens);
