namespace LisaOrleans.Data;

/// <summary>A step from tokens to text, for all tokens at once and for tokens as they come.</summary>
/// <param name="Decode">The step for all tokens.</param>
/// <param name="Stream">The same for tokens as they come; null where it must know all of them.</param>
/// <param name="Fuses">Whether it joins all tokens into one.</param>
internal sealed record DecoderStep(TokenDecoder Decode, Func<TokenStream>? Stream, bool Fuses = false)
{
    /// <summary>
    /// The same after a step that fuses, which hands on its one token in parts; null where parts cannot be told apart from
    /// tokens.
    /// </summary>
    public Func<TokenStream>? StreamOfOne { get; init; }

    /// <summary>Changes each token by itself.</summary>
    /// <param name="change">From a token and its place to what it becomes.</param>
    public static DecoderStep Each(Func<string, int, string> change) =>
        new(tokens => tokens.Select(change), () => new EachTokenStream(change));
}
