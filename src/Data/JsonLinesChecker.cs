using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;

namespace LisaOrleans.Data;

/// <summary>Checks JSON lines as they stream by: each line that is not blank must be one object in valid UTF-8. Keeps one line in memory.</summary>
public sealed class JsonLinesChecker
{
    private const int LongestLine = 16 << 20;

    private static readonly byte[] s_byteOrderMark = [0xEF, 0xBB, 0xBF];

    private readonly ArrayBufferWriter<byte> _line = new();
    private int _number = 1;

    /// <summary>Objects so far.</summary>
    public long Records { get; private set; }

    /// <summary>Takes the next bytes.</summary>
    /// <exception cref="DatasetException">A line is wrong; the message begins with its number.</exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.IndexOf((byte)'\n') is >= 0 and var end)
        {
            Append(bytes[..end]);
            EndLine();
            bytes = bytes[(end + 1)..];
        }

        Append(bytes);
    }

    /// <summary>Call after the last bytes.</summary>
    /// <exception cref="DatasetException">The last line is wrong, or there was none.</exception>
    public void Complete()
    {
        EndLine();
        if (Records == 0) throw new DatasetException("has no records");
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_line.WrittenCount + bytes.Length > LongestLine) throw Wrong($"is longer than {LongestLine} bytes");
        _line.Write(bytes);
    }

    private void EndLine()
    {
        var line = _line.WrittenMemory;
        if (_number == 1 && line.Span.StartsWith(s_byteOrderMark)) line = line[s_byteOrderMark.Length..];
        if (!line.Span.ContainsAnyExcept(" \t\r"u8))
        {
            Next();
            return;
        }

        if (!Utf8.IsValid(line.Span)) throw Wrong("is not UTF-8 text");
        try
        {
            using var document = JsonDocument.Parse(line, JsonText.Strict);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw Wrong("must be a JSON object");
        }
        catch (Exception e) when (JsonText.IsInvalid(e))
        {
            // InvalidOperationException: a property name with an escaped half of a surrogate pair.
            throw new DatasetException($"line {_number}{JsonFault.InLine(e)}: {JsonFault.Problem(e)}");
        }

        Records++;
        Next();
    }

    private void Next()
    {
        _line.ResetWrittenCount();
        _number++;
    }

    private DatasetException Wrong(string problem) => new($"line {_number}: {problem}");
}
