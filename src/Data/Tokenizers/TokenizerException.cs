namespace LisaOrleans.Data;

/// <summary>A tokenizer's files are missing or wrong. The message names the file.</summary>
public sealed class TokenizerException(string file, string problem) : IOException($"{file}: {problem}");
