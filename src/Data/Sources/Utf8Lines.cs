using System.Text.Unicode;

namespace LisaOrleans.Data;

/// <summary>Lines of a stream, as bytes. Holds one line at a time, and refuses endless ones.</summary>
internal static class Utf8Lines
{
    private const int FirstBuffer = 1 << 16;

    /// <summary>Lines without their end (\n or \r\n), counted from 1; a byte order mark is not part of the first.</summary>
    public static IEnumerable<(long Number, ReadOnlyMemory<byte> Line)> Read(Stream stream, string path)
    {
        var buffer = new byte[FirstBuffer];
        var (start, end, searched, number) = (0, 0, 0, 1L);
        while (true)
        {
            var at = buffer.AsSpan(start + searched, end - start - searched).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var next = start + searched + at + 1;
                yield return (number, Line(start, next - 1));
                (start, searched, number) = (next, 0, number + 1);
                continue;
            }

            searched = end - start;
            if (searched >= RawRecord.Longest) throw new DatasetException($"{path}: line {number}: is longer than {RawRecord.Longest} bytes");
            if (end == buffer.Length)
            {
                var larger = searched > buffer.Length / 2 ? new byte[Math.Min(buffer.Length * 2, RawRecord.Longest)] : buffer;
                buffer.AsSpan(start, searched).CopyTo(larger);
                (buffer, start, end) = (larger, 0, searched);
            }

            var read = stream.Read(buffer, end, buffer.Length - end);
            if (read == 0) break;
            end += read;
        }

        if (end > start) yield return (number, Line(start, end));

        // The line leaves this method, so it cannot lie in the buffer.
        ReadOnlyMemory<byte> Line(int from, int to)
        {
            ReadOnlySpan<byte> line = buffer.AsSpan(from, to - from);
            if (number == 1) line = JsonText.SkipMark(line);
            return line.TrimEnd((byte)'\r').ToArray();
        }
    }

    /// <summary>The first line that is not UTF-8.</summary>
    public static long FirstInvalid(DataFile file)
    {
        using var stream = file.Open();
        return Read(stream, file.Path).First(l => !Utf8.IsValid(l.Line.Span)).Number;
    }
}
