namespace LisaOrleans.Training;

/// <summary>What was exported as GGUF.</summary>
/// <param name="Path">The GGUF file.</param>
/// <param name="Note">What Ollama does otherwise than in training, in a sentence; null for nothing.</param>
public sealed record GgufExport(string Path, string? Note);
