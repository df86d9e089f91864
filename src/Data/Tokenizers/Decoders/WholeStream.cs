namespace LisaOrleans.Data;

/// <summary>For a step that must know all tokens before it can say anything.</summary>
/// <param name="decode">The step.</param>
/// <param name="isOne">Whether the pieces that come are parts of one token.</param>
internal sealed class WholeStream(TokenDecoder decode, bool isOne) : TokenStream
{
    private readonly List<string> _tokens = [];

    public override IEnumerable<string> Push(string token)
    {
        _tokens.Add(token);
        return [];
    }

    public override IEnumerable<string> Flush()
    {
        string[] text = [.. decode(isOne ? [string.Concat(_tokens)] : [.. _tokens])];
        _tokens.Clear();
        return text;
    }
}
