using System.Text;

namespace LisaOrleans.Data;

/// <summary>Turns the bytes that tokens stand for into text; a character comes with its last byte.</summary>
/// <param name="read">From a token to its bytes.</param>
internal sealed class Utf8Stream(Func<string, byte[]> read) : TokenStream
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    public override IEnumerable<string> Push(string token) => [Text(read(token), flush: false)];

    public override IEnumerable<string> Flush() => [Text([], flush: true)];

    /// <summary>The text of bytes, with what was left over before.</summary>
    public string Text(byte[] bytes, bool flush)
    {
        var text = new char[_decoder.GetCharCount(bytes, flush)];
        return new string(text, 0, _decoder.GetChars(bytes, text, flush));
    }
}
