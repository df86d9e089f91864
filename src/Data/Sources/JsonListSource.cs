namespace LisaOrleans.Data;

/// <summary>A JSON list of objects, or LMFlow's object around one.</summary>
internal sealed class JsonListSource : IRecordSource
{
    public string Name => "JSON";

    public bool Matches(ReadOnlySpan<byte> head, DatasetSettings settings) =>
        JsonText.SkipMark(head).TrimStart(" \t\r\n"u8) is [(byte)'[' or (byte)'{', ..];

    public IEnumerable<RawRecord> Read(DataFile file)
    {
        using var stream = file.Open();
        var number = 0;
        foreach (var item in new JsonItems(stream, file.Path).Read()) yield return new RawRecord(file.Path, "record", ++number, item);
    }
}
