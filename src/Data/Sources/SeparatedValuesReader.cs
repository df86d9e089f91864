using System.Text;

namespace LisaOrleans.Data;

/// <summary>Reads rows of separated values: quoted values may hold separators, line breaks and doubled quotes.</summary>
internal sealed class SeparatedValuesReader(StreamReader reader, char separator, DataFile file)
{
    private readonly StringBuilder _value = new();
    private long _next = 1;
    private long _length;

    /// <summary>The line in which the last row began, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>The next row that is not blank; null at the end.</summary>
    public IReadOnlyList<string>? ReadRow()
    {
        while (Peek() is '\r' or '\n') Next();
        if (Peek() < 0) return null;
        (Line, _length) = (_next, 0);
        var row = new List<string>();
        while (true)
        {
            row.Add(Peek() == '"' ? Quoted(row.Count) : Plain());
            if (Peek() != separator) break;
            Next();
        }

        if (Peek() == '\r') Next();
        if (Peek() is not ('\n' or < 0)) throw Wrong($"value {row.Count} continues after its closing quote");
        if (Peek() == '\n') Next();
        return row;
    }

    private string Plain()
    {
        _value.Clear();
        while (Peek() is >= 0 and not ('\r' or '\n') and var c && c != separator) _value.Append(Next());
        return _value.ToString();
    }

    private string Quoted(int column)
    {
        Next();
        _value.Clear();
        while (true)
        {
            if (Peek() < 0) throw Wrong($"the quote of value {column + 1} is never closed");
            var c = Next();
            if (c != '"') _value.Append(c);
            else if (Peek() == '"') _value.Append(Next());
            else return _value.ToString();
        }
    }

    private char Next()
    {
        var c = (char)Read();
        if (c == '\n') _next++;
        return ++_length <= RawRecord.Longest ? c : throw Wrong($"is longer than {RawRecord.Longest} characters; is a quote not closed?");
    }

    private int Peek()
    {
        try
        {
            return reader.Peek();
        }
        catch (DecoderFallbackException)
        {
            throw NotUtf8();
        }
    }

    private int Read()
    {
        try
        {
            return reader.Read();
        }
        catch (DecoderFallbackException)
        {
            throw NotUtf8();
        }
    }

    // The reader decodes ahead, so the line is found in the bytes.
    private DatasetException NotUtf8() => new($"{file.Path}: line {Utf8Lines.FirstInvalid(file)}: is not UTF-8 text");

    private DatasetException Wrong(string problem) => new($"{file.Path}: line {Line}: {problem}");
}
