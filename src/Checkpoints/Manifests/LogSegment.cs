namespace LisaOrleans.Checkpoints;

/// <summary>A blob with the records of some consecutive steps, one JSON line each.</summary>
/// <param name="Blob">The blob.</param>
/// <param name="FirstStep">The first step in it.</param>
/// <param name="LastStep">The last.</param>
public sealed record LogSegment(BlobRef Blob, long FirstStep, long LastStep);
