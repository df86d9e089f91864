namespace LisaOrleans.Data;

/// <summary>An object in each line; blank lines are passed over.</summary>
internal sealed class JsonLinesSource : IRecordSource
{
    public string Name => "JSON lines";

    public bool Matches(ReadOnlySpan<byte> head, DatasetSettings settings)
    {
        var text = JsonText.SkipMark(head).TrimStart(" \t\r\n"u8);
        if (text.IsEmpty || text[0] != '{') return false;
        var end = text.IndexOf((byte)'\n');

        // A first line longer than the head is one of many, or an object of its own: its beginning tells.
        return end >= 0 ? JsonText.IsFirstOfLines(text[..end]) : !LmFlow.IsObject(text);
    }

    public IEnumerable<RawRecord> Read(DataFile file)
    {
        using var stream = file.Open();
        var records = 0L;
        foreach (var (number, line) in Utf8Lines.Read(stream, file.Path))
            if (line.Span.ContainsAnyExcept(" \t\r"u8)) yield return new RawRecord(file.Path, "line", number, line) { Record = ++records };
    }
}
