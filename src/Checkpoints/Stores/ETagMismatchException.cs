namespace LisaOrleans.Checkpoints;

/// <summary>A document was changed by somebody else in between (HTTP: 412).</summary>
public sealed class ETagMismatchException(string path)
    : IOException($"{path} was changed by somebody else in between");
