namespace LisaOrleans.Data;

/// <summary>A text on its way to a model, and where in the original each of its characters comes from.</summary>
/// <param name="Text">The text as it is now.</param>
/// <param name="Origin">Where the part that it was made from begins in the original.</param>
/// <param name="Tracked">Whether anybody asks for places; if not, none are kept.</param>
/// <param name="Starts">Where each character's source begins; null while nothing was changed.</param>
/// <param name="Ends">Where each character's source ends; null while nothing was changed.</param>
internal sealed record AlignedText(string Text, int Origin, bool Tracked, int[]? Starts = null, int[]? Ends = null)
{
    // No normalizer in use makes a text this much longer.
    private const int MostGrowth = 64;
    private const int AlwaysAllowed = 1 << 20;

    /// <summary>How long it may become.</summary>
    public long Limit { get; init; } = AlwaysAllowed + ((long)MostGrowth * Text.Length);

    /// <summary>
    /// Where the source of the character at a place begins; for the place behind the last one, where that ends.
    /// </summary>
    public int Start(int at) =>
        Starts is null ? Origin + at : at < Starts.Length ? Starts[at] : at == 0 ? Origin : Ends![at - 1];

    /// <summary>Where the source of the character before a place ends.</summary>
    public int End(int at) => Ends is null ? Origin + at : at > 0 ? Ends[at - 1] : Start(0);

    /// <summary>A part of it.</summary>
    public AlignedText Slice(int from, int to) =>
        from == 0 && to == Text.Length ? this
        : this with
        {
            Text = Text[from..to],
            Origin = Starts is null ? Origin + from : Start(from),
            Starts = Starts?[from..to],
            Ends = Ends?[from..to],
        };
}
