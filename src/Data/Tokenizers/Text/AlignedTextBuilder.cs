using System.Text;

namespace LisaOrleans.Data;

/// <summary>Writes a text that is made from another, and keeps where its characters come from.</summary>
internal sealed class AlignedTextBuilder(AlignedText source)
{
    private readonly StringBuilder _text = new(source.Text.Length + 8);
    private readonly List<int>? _starts = source.Tracked ? new(source.Text.Length + 8) : null;
    private readonly List<int>? _ends = source.Tracked ? new(source.Text.Length + 8) : null;

    public int Length => _text.Length;

    public char this[int at] => _text[at];

    /// <summary>Takes characters of the source as they are.</summary>
    public void Copy(int from, int to)
    {
        _text.Append(source.Text, from, to - from);
        if (_starts is null) return;
        for (var i = from; i < to; i++)
        {
            _starts.Add(source.Start(i));
            _ends!.Add(source.End(i + 1));
        }
    }

    /// <summary>Writes what stands for a part of the source; for an empty part, what is put in before it.</summary>
    /// <exception cref="InvalidDataException">The text grows without end.</exception>
    public void Write(ReadOnlySpan<char> text, int from, int to)
    {
        if (_text.Length + text.Length > source.Limit)
            throw new InvalidDataException($"makes a text longer than {source.Limit} characters");
        _text.Append(text);
        if (_starts is null) return;
        var start = source.Start(from);
        var end = to > from ? source.End(to) : start;
        for (var i = 0; i < text.Length; i++)
        {
            _starts.Add(start);
            _ends!.Add(end);
        }
    }

    /// <summary>Writes the bytes of a part of the source, each as its character of <see cref="ByteAlphabet"/>.</summary>
    public void WriteBytes(int from, int to)
    {
        Span<char> characters = stackalloc char[4];
        for (var at = from; at < to;)
        {
            Rune.DecodeFromUtf16(source.Text.AsSpan(at..to), out var rune, out var length);
            ByteAlphabet.Write(source.Text.AsSpan(at, length), characters);
            Write(characters[..rune.Utf8SequenceLength], at, at + length);
            at += length;
        }
    }

    /// <summary>Takes back what was written last.</summary>
    public void Cut(int length)
    {
        _text.Length = length;
        _starts?.RemoveRange(length, _starts.Count - length);
        _ends?.RemoveRange(length, _ends.Count - length);
    }

    public AlignedText Build() => source with { Text = _text.ToString(), Starts = _starts?.ToArray(), Ends = _ends?.ToArray() };
}
