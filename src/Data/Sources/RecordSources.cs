namespace LisaOrleans.Data;

/// <summary>All kinds of files, in the order in which they are tried. The content decides, never the name.</summary>
internal static class RecordSources
{
    private const string Known = "training data is JSON lines, a JSON list, CSV, TSV, Parquet or Arrow, optionally compressed with gzip or zstd";

    private static readonly IRecordSource[] s_sources =
        [new ParquetSource(), new ArrowSource(), new JsonLinesSource(), new JsonListSource(), new SeparatedValuesSource()];

    // Kinds that are not read, by how they begin.
    private static readonly (byte[] Magic, string Name)[] s_refused =
    [
        ([0x50, 0x4B, 0x03, 0x04], "a ZIP archive (or an Excel file)"),
        ([0x42, 0x5A, 0x68], "compressed with bzip2"), ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "compressed with xz"),
        ([0x04, 0x22, 0x4D, 0x18], "compressed with LZ4"), ([0x1F, 0x8B], "compressed with gzip twice"),
        ([0x28, 0xB5, 0x2F, 0xFD], "compressed with zstd twice"),
        ([0x25, 0x50, 0x44, 0x46], "a PDF document"), ([0x89, 0x48, 0x44, 0x46], "an HDF5 file"),
        ([0x4F, 0x72, 0x63], "an ORC file"), ([0x4F, 0x62, 0x6A, 0x01], "an Avro file"),
        ([0x80, 0x04, 0x95], "a Python pickle, which is never read"), ([0x53, 0x51, 0x4C, 0x69, 0x74, 0x65], "an SQLite database"),
        ([0x76, 0x65, 0x72, 0x73, 0x69, 0x6F, 0x6E, 0x20, 0x68, 0x74, 0x74, 0x70, 0x73, 0x3A, 0x2F, 0x2F, 0x67, 0x69, 0x74, 0x2D, 0x6C, 0x66, 0x73],
            "a Git LFS pointer, not the file itself (git lfs pull gets it)"),
    ];

    /// <summary>Records of a file.</summary>
    public static IEnumerable<RawRecord> Read(string path, DatasetSettings settings)
    {
        if (!File.Exists(path)) throw new DatasetException($"{path}: no such file; {Known}");
        var file = new DataFile(path);
        var head = file.ReadHead();
        return Choose(head, path, settings).Read(file);
    }

    private static IRecordSource Choose(byte[] head, string path, DatasetSettings settings)
    {
        if (s_sources.FirstOrDefault(s => s.Matches(head, settings)) is { } source) return source;
        if (s_refused.FirstOrDefault(r => head.AsSpan().StartsWith(r.Magic)) is { Name: { } refused })
            throw new DatasetException($"{path}: is {refused}; {Known}");
        var text = JsonText.SkipMark(head).TrimStart(" \t\r\n"u8);
        if (text.IsEmpty) throw new DatasetException($"{path}: is empty");
        var first = text[0] is > 0x20 and < 0x7F ? $"'{(char)text[0]}'" : $"the byte {text[0]}";
        throw new DatasetException(
            $"{path}: begins with {first}; {Known} (a plain text file becomes one with a {{\"text\": …}} record for each passage)");
    }
}
