namespace LisaOrleans.Training;

/// <summary>How far an import is.</summary>
/// <param name="What">What is being done, for people.</param>
/// <param name="Done">Units done.</param>
/// <param name="Total">Units in all; 0 if unknown.</param>
public sealed record ImportProgress(string What, long Done, long Total);
