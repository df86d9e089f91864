namespace LisaOrleans.Data;

/// <summary>Changes each token by itself.</summary>
/// <param name="change">From a token and its place to what it becomes.</param>
internal sealed class EachTokenStream(Func<string, int, string> change) : TokenStream
{
    private int _place;

    public override IEnumerable<string> Push(string token) => [change(token, _place++)];
}
