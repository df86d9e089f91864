namespace LisaOrleans.Data;

/// <summary>Changes the last token differently from those before, so each token waits for the next.</summary>
/// <param name="change">From a token, and whether it is the last, to what it becomes.</param>
internal sealed class LastTokenStream(Func<string, bool, string> change) : TokenStream
{
    private string? _held;

    public override IEnumerable<string> Push(string token)
    {
        var before = _held;
        _held = token;
        return before is null ? [] : [change(before, false)];
    }

    public override IEnumerable<string> Flush()
    {
        var last = _held;
        _held = null;
        return last is null ? [] : [change(last, true)];
    }
}
