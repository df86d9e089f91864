namespace LisaOrleans.Data;

/// <summary>A token as a GGUF file has it.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Score">The higher, the sooner two tokens are merged to it; 0 where merges are listed.</param>
public readonly record struct GgufToken(string Text, SentencePieceKind Kind, float Score);
