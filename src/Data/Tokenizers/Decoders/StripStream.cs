namespace LisaOrleans.Data;

/// <summary>Strips a character from the beginning and the end of one text that comes in parts.</summary>
/// <param name="character">The character.</param>
/// <param name="start">How many at most at the beginning.</param>
/// <param name="stop">How many at most at the end; that many are held back.</param>
internal sealed class StripStream(char character, int start, int stop) : TokenStream
{
    private int _start = start;
    private int _held;

    public override IEnumerable<string> Push(string token)
    {
        var begin = 0;
        while (_start > 0 && begin < token.Length)
        {
            if (token[begin] == character) (begin, _start) = (begin + 1, _start - 1);
            else _start = 0;
        }

        var text = new string(character, _held) + token[begin..];
        _held = 0;
        while (_held < stop && _held < text.Length && text[^(_held + 1)] == character) _held++;
        return [text[..^_held]];
    }
}
