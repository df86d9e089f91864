namespace LisaOrleans.Silo;

/// <summary>A manifest of a run that was verified.</summary>
/// <param name="Step">Its step.</param>
/// <param name="Sha256">Its blob's name.</param>
public sealed record VerifiedManifest(long Step, string Sha256);
