using System.Text.Json;
using Parquet;
using Parquet.Serialization;

namespace LisaOrleans.Data;

/// <summary>Parquet, with lists and structs nested as the hub writes them. Null values count as missing.</summary>
internal sealed class ParquetSource : IRecordSource
{
    // A row group is held in memory whole, unpacked.
    private const long LargestRowGroup = 2L << 30;

    public string Name => "Parquet";

    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    public bool Matches(ReadOnlySpan<byte> head, DatasetSettings settings) => head.StartsWith(Magic);

    public IEnumerable<RawRecord> Read(DataFile file)
    {
        using var stream = file.Open();
        if (file.IsCompressed)
            throw new DatasetException($"{file.Path}: is a Parquet file in gzip or zstd; unpack it (Parquet has its own compression)");
        var groups = Groups(file, stream);
        var number = 0L;
        using var bytes = new MemoryStream();
        using var json = new Utf8JsonWriter(bytes);
        for (var group = 0; group < groups; group++)
        {
            foreach (var row in Rows(file, stream, group))
            {
                bytes.SetLength(0);
                json.Reset();
                RowJson.Write(json, row);
                json.Flush();
                yield return new RawRecord(file.Path, "row", ++number, bytes.ToArray());
            }
        }
    }

    private static int Groups(DataFile file, Stream stream) => Guard(file, async () =>
    {
        await using var reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true);
        foreach (var field in reader.Schema.DataFields)
            if (field.SchemaElement?.Name is null) throw new InvalidDataException("a column has no name");
        var groups = reader.Metadata?.RowGroups ?? [];
        for (var i = 0; i < groups.Count; i++)
        {
            var (bytes, rows) = (groups[i].TotalByteSize, groups[i].NumRows);
            if (bytes is < 0 or > LargestRowGroup || rows is < 0 or > int.MaxValue)
                throw new InvalidDataException($"row group {i} has {rows} rows in {bytes} bytes; at most {LargestRowGroup} bytes can be held");
        }

        return reader.RowGroupCount;
    });

    private static IReadOnlyCollection<Dictionary<string, object>> Rows(DataFile file, Stream stream, int group) => Guard(file, async () =>
    {
        stream.Position = 0;
        return (IReadOnlyCollection<Dictionary<string, object>>)[.. (await ParquetSerializer.DeserializeUntypedAsync(stream, null, group)).Data];
    });

    // The library throws exceptions of all kinds for a damaged file.
    private static T Guard<T>(DataFile file, Func<Task<T>> read)
    {
        try
        {
            return Task.Run(read).GetAwaiter().GetResult();
        }
        catch (Exception e) when (e is not (DatasetException or FileNotFoundException or UnauthorizedAccessException))
        {
            throw new DatasetException($"{file.Path}: is not a valid Parquet file: {e.Message}");
        }
    }
}
