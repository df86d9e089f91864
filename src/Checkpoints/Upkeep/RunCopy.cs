namespace LisaOrleans.Checkpoints;

/// <summary>What a copy of a run did.</summary>
/// <param name="Step">The step of the manifest that was copied.</param>
/// <param name="Blobs">Blobs that were written.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Present">Blobs that were there before.</param>
public sealed record RunCopy(long Step, int Blobs, long Bytes, int Present);
