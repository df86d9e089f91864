namespace LisaOrleans.Silo;

/// <summary>What the repetition of a run's steps showed.</summary>
/// <param name="Run">The run.</param>
/// <param name="From">The step of the manifest that the repetition began with; null where no step could be repeated, as with a damaged blob.</param>
/// <param name="Last">The last step that was to be repeated.</param>
/// <param name="Manifests">The run's manifests from the first to the last step.</param>
/// <param name="Difference">The first difference; null where all is the same to the bit.</param>
public sealed record VerifiedRun(string Run, long? From, long Last, IReadOnlyList<VerifiedManifest> Manifests, string? Difference);
