namespace LisaOrleans.Training;

/// <summary>The blobs of a manifest.</summary>
/// <param name="Step">The manifest's step.</param>
/// <param name="Blobs">What it names, with itself, each once: the first half of the hash, and the length in bytes.</param>
internal sealed record ManifestSize(long Step, IReadOnlyList<(UInt128 Name, long Length)> Blobs);
