using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LisaOrleans.Data;

/// <summary>
/// CSV and TSV as RFC 4180 writes them, with a header: the first line names the columns, at least one of which a format
/// reads. Comma, tab and semicolon are told apart by the header. Every value is a text, but for the number in a column named weight.
/// </summary>
internal sealed class SeparatedValuesSource : IRecordSource
{
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    public string Name => "CSV";

    public bool Matches(ReadOnlySpan<byte> head, DatasetSettings settings)
    {
        var line = FirstLine(head);
        if (line.Length == 0 || line.Contains('\0', StringComparison.Ordinal)) return false;
        var names = line.Split(Separator(line)).Select(n => n.Trim().Trim('"')).ToArray();
        return names.Any(n => KnownFields.IsRead(n) || n == settings.PromptField || n == settings.CompletionField || n == settings.TextField);
    }

    public IEnumerable<RawRecord> Read(DataFile file)
    {
        using var reader = new StreamReader(file.Open(), s_utf8, detectEncodingFromByteOrderMarks: false);
        var rows = new SeparatedValuesReader(reader, Separator(FirstLine(file.ReadHead())), file);
        var header = rows.ReadRow()!.ToArray();
        if (header.FirstOrDefault(string.IsNullOrWhiteSpace) is not null) throw new DatasetException($"{file.Path}: line 1: a column has no name");
        if (header.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new DatasetException($"{file.Path}: line 1: two columns are named '{twice.Key}'");

        var records = 0L;
        using var bytes = new MemoryStream();
        using var json = new Utf8JsonWriter(bytes);
        while (rows.ReadRow() is { } row)
        {
            if (row.Count != header.Length)
                throw new DatasetException($"{file.Path}: line {rows.Line}: has {row.Count} values, the header {header.Length}");
            bytes.SetLength(0);
            json.Reset();
            json.WriteStartObject();
            for (var i = 0; i < header.Length; i++) Write(json, header[i], row[i]);
            json.WriteEndObject();
            json.Flush();
            yield return new RawRecord(file.Path, "line", rows.Line, bytes.ToArray()) { Record = ++records };
        }
    }

    private static void Write(Utf8JsonWriter json, string name, string value)
    {
        if (name == "weight" && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var weight) && double.IsFinite(weight))
            json.WriteNumber(name, weight);
        else
            json.WriteString(name, value);
    }

    private static string FirstLine(ReadOnlySpan<byte> head)
    {
        var text = JsonText.SkipMark(head);
        return Encoding.UTF8.GetString(text.IndexOfAny("\r\n"u8) is >= 0 and var end ? text[..end] : text);
    }

    private static char Separator(string header) => ",\t;".MaxBy(c => header.Count(h => h == c));
}
