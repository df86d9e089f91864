namespace LisaOrleans.Checkpoints;

/// <summary>Something in a store that is damaged or missing.</summary>
/// <param name="Sha256">The blob; null for a document.</param>
/// <param name="Message">What it is, and what is wrong with it.</param>
public sealed record StoreFault(string? Sha256, string Message);
