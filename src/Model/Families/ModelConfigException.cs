namespace LisaOrleans.Model;

/// <summary>A config.json that is not what it should be. The message names the file, the field and what would be right.</summary>
public sealed class ModelConfigException(string file, string problem) : IOException($"{file}: {problem}");
