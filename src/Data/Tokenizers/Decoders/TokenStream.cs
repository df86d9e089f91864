namespace LisaOrleans.Data;

/// <summary>
/// A <see cref="TokenDecoder"/> that gets its tokens one by one. What it returns adds up to what the decoder makes of all
/// tokens, and each piece consists of whole characters. The work for a token does not grow with the tokens before it.
/// </summary>
internal abstract class TokenStream
{
    /// <summary>Adds a token; returns what is certain now, whatever comes next.</summary>
    public abstract IEnumerable<string> Push(string token);

    /// <summary>What is left at the end.</summary>
    public virtual IEnumerable<string> Flush() => [];
}
