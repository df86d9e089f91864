namespace LisaOrleans.Data;

/// <summary>What one rendering may cost. They are far above any real conversation and end a hostile template within seconds.</summary>
public sealed record JinjaLimits
{
    /// <value>The work: about one for each expression, element, and four characters that are written. Default 20 million.</value>
    public long Steps { get; init; } = 20_000_000;

    /// <value>Characters of the output, and of any text on the way to it. Default 16 Mi.</value>
    public int Length { get; init; } = 16 << 20;

    /// <value>How deep macros and recursive loops may call each other. Default 100.</value>
    public int Depth { get; init; } = 100;
}
