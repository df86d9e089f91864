namespace LisaOrleans.Data;

/// <summary>One prompt with two answers.</summary>
/// <param name="Chosen">The prompt and the answer that is preferred.</param>
/// <param name="Rejected">The prompt and the other answer.</param>
public sealed record PreferencePair(Example Chosen, Example Rejected);
