namespace LisaOrleans.Data;

/// <summary>Pairs of answers that were left out, as where their prompt ends cannot be told.</summary>
/// <param name="Pairs">How many.</param>
/// <param name="First">Where the first of them stands.</param>
public readonly record struct UnclearPrompts(int Pairs, string First);
