namespace LisaOrleans.Training;

/// <summary>What is wrong with a setting.</summary>
/// <param name="Property">Its property of <see cref="TrainingSpec"/>.</param>
/// <param name="Problem">
/// The rest of a sentence that its name begins: <c>is 7; it must be at most 6</c>. Other settings are in braces.
/// </param>
public sealed record SettingProblem(string Property, string Problem);
