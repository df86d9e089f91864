namespace LisaOrleans.Data;

/// <summary>What becomes of a text that is longer than a block.</summary>
public static class LongTexts
{
    /// <summary>Blocks one after the other, as Hugging Face's group_texts cuts them: all of it is learned.</summary>
    public const string Split = "split";

    /// <summary>Its first block, as with conversations.</summary>
    public const string Cut = "cut";

    public static IReadOnlyList<string> All { get; } = [Split, Cut];
}
