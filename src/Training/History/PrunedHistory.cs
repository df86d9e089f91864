namespace LisaOrleans.Training;

/// <summary>What a run keeps less than before.</summary>
/// <param name="Run">The run.</param>
/// <param name="Count">How many manifests it kept; 0 where that could not be read.</param>
/// <param name="Steps">The steps of those that it does not keep any more.</param>
/// <param name="IsHeld">Whether somebody works on the run, so that nothing was changed.</param>
public sealed record PrunedHistory(string Run, int Count, IReadOnlyList<long> Steps, bool IsHeld)
{
    /// <value>What of the run could not be read, so that nothing was changed; null (default) for nothing.</value>
    public string? Problem { get; init; }

    /// <value>Steps of manifests that the rule does not keep, with the document that still needs each; empty (default) for none.</value>
    public IReadOnlyList<(long Step, string NeededBy)> Spared { get; init; } = [];
}
