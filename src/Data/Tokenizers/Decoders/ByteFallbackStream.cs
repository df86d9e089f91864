namespace LisaOrleans.Data;

/// <summary><see cref="ByteFallback"/>: bytes in a row wait for the last one, since a wrong one makes all of them U+FFFD.</summary>
internal sealed class ByteFallbackStream : TokenStream
{
    private readonly List<string> _bytes = [];

    public override IEnumerable<string> Push(string token)
    {
        if (ByteFallback.Byte(token) is not null)
        {
            _bytes.Add(token);
            return [];
        }

        return [.. Flush(), token];
    }

    public override IEnumerable<string> Flush()
    {
        string[] text = [.. ByteFallback.Decode(_bytes)];
        _bytes.Clear();
        return text;
    }
}
