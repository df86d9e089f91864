namespace LisaOrleans.Data;

/// <summary>A piece of a rendered conversation.</summary>
/// <param name="Text">The text.</param>
/// <param name="Trained">Whether the model is to learn to say it.</param>
/// <param name="IsTemplate">Whether the template wrote it: special tokens are recognised here, and never in what people wrote.</param>
public sealed record RenderedSegment(string Text, bool Trained, bool IsTemplate);
