namespace LisaOrleans.Checkpoints;

/// <summary>The one file of a run that changes: who owns the run, and its last complete manifest.</summary>
/// <param name="Run">The run's name.</param>
/// <param name="Generation">The owner's generation. Older ones can commit nothing any more.</param>
/// <param name="Step">The manifest's step.</param>
/// <param name="Manifest">The last complete manifest; null before the first.</param>
public sealed record RunHead(string Run, long Generation, long Step, BlobRef? Manifest);
