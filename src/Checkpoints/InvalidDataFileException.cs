namespace LisaOrleans.Checkpoints;

/// <summary>A file or blob that is not what it should be. The message names it, and what would be right.</summary>
public sealed class InvalidDataFileException(string file, string problem) : IOException($"{file}: {problem}");
