namespace LisaOrleans.Data;

/// <summary>Two answers without a prompt, one of which is how the other begins: a pair of which nothing can be learned.</summary>
public sealed class UnclearPromptException(string message) : DatasetException(message);
