namespace LisaOrleans.Data;

/// <summary>What is read of a source.</summary>
/// <param name="Files">Its files.</param>
/// <param name="Note">What was chosen, in words; null where there was nothing to choose.</param>
internal sealed record DataChoice(IReadOnlyList<string> Files, string? Note);
