namespace LisaOrleans.Checkpoints;

/// <summary>A blob's bytes are not those that its name says.</summary>
public sealed class BlobCorruptException(string sha256, string location)
    : IOException($"{location}: blob {sha256} is damaged: its bytes have another SHA-256");
