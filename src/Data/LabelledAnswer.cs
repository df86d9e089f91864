namespace LisaOrleans.Data;

/// <summary>An answer that is good or bad.</summary>
/// <param name="Example">The prompt and the answer.</param>
/// <param name="IsGood">Which.</param>
public sealed record LabelledAnswer(Example Example, bool IsGood);
