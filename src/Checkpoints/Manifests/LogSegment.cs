namespace LisaOrleans.Checkpoints;

/// <summary>A blob with consecutive lines of a log: one line of JSON for each step, or for each entry of the journal.</summary>
/// <param name="Blob">The blob.</param>
/// <param name="FirstStep">The number of the first line, from 1.</param>
/// <param name="LastStep">The number of the last line.</param>
public sealed record LogSegment(BlobRef Blob, long FirstStep, long LastStep);
