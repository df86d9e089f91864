namespace LisaOrleans.Data;

/// <summary>A piece of a rendered conversation.</summary>
/// <param name="Text">The text.</param>
/// <param name="Weight">How much it counts in the loss; 0 where the model is not to learn to say it.</param>
/// <param name="IsTemplate">Whether the template wrote it: special tokens are recognised here, and never in what it is written around.</param>
public sealed record RenderedSegment(string Text, float Weight, bool IsTemplate)
{
    /// <value>Whether it stands before a turn or between turns, and so is learned only along with prompts. Default false.</value>
    public bool IsHeader { get; init; }

    /// <summary>What stands before a turn.</summary>
    public static RenderedSegment Header(string text) => new(text, Weight: 0, IsTemplate: true) { IsHeader = true };

    /// <summary>Whether the model is to learn to say it.</summary>
    public bool Trained => Weight > 0;
}
