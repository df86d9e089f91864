namespace LisaOrleans.Checkpoints;

/// <summary>A blob with some consecutive lines of a log, one of JSON for each step, or for each entry of the journal.</summary>
/// <param name="Blob">The blob.</param>
/// <param name="FirstStep">The number of the first, from 1.</param>
/// <param name="LastStep">The last.</param>
public sealed record LogSegment(BlobRef Blob, long FirstStep, long LastStep);
