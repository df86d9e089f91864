using System.Text.Json;
using Parquet;
using Parquet.Meta;
using Parquet.Schema;
using Parquet.Serialization;

namespace LisaOrleans.Data;

/// <summary>Parquet, with lists and structs nested as the hub writes them. Null values count as missing.</summary>
internal sealed class ParquetSource : IRecordSource
{
    // A row group is held in memory whole, unpacked.
    private const long LargestRowGroup = 2L << 30;

    // What a path has between a list and what is in it.
    private static readonly string[] s_listLevels = ["list", "item", "element"];

    public string Name => "Parquet";

    public bool Matches(ReadOnlySpan<byte> head, DatasetSettings settings) => ParquetEnds.Begins(head);

    public IEnumerable<RawRecord> Read(DataFile file)
    {
        using var stream = file.Open();
        if (file.IsCompressed)
            throw new DatasetException($"{file.Path}: is a Parquet file in gzip or zstd; unpack it (Parquet has its own compression)");
        ParquetEnds.Check(file.Path, stream);
        var groups = Groups(file, stream);
        var number = 0L;
        using var bytes = new MemoryStream();
        using var json = new Utf8JsonWriter(bytes);
        for (var group = 0; group < groups.Length; group++)
        {
            foreach (var row in Rows(file, stream, group, groups[group]))
            {
                bytes.SetLength(0);
                json.Reset();
                RowJson.Write(json, row);
                json.Flush();
                yield return new RawRecord(file.Path, "row", ++number, bytes.ToArray());
            }
        }
    }

    // The rows of each row group.
    private static long[] Groups(DataFile file, Stream stream) => Run(async () =>
    {
        try
        {
            stream.Position = 0;
            await using var reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true);
            if (reader.Schema.DataFields.Any(f => f.SchemaElement?.Name is null)) throw Damaged(file, "a column has no name");
            var groups = reader.Metadata?.RowGroups ?? [];
            for (var i = 0; i < groups.Count; i++)
            {
                var (bytes, rows) = (groups[i].TotalByteSize, groups[i].NumRows);
                if (bytes is < 0 or > LargestRowGroup || rows is < 0 or > int.MaxValue)
                {
                    throw new DatasetException(
                        $"{file.Path}: row group {i} has {rows} rows in {bytes} bytes; at most {LargestRowGroup} bytes can be held: write the "
                            + "file with smaller row groups");
                }
            }

            return groups.Select(g => g.NumRows).ToArray();
        }
        catch (Exception e) when (IsOfLibrary(e))
        {
            throw Damaged(file, "its footer, which describes the columns, cannot be read");
        }
    });

    private static Dictionary<string, object>[] Rows(DataFile file, Stream stream, int group, long count) => Run(async () =>
    {
        try
        {
            stream.Position = 0;
            Dictionary<string, object>[] rows = [.. (await ParquetSerializer.DeserializeUntypedAsync(stream, null, group)).Data];
            return rows.Length == count
                ? rows
                : throw Damaged(file, $"row group {group} has {rows.Length} rows, but {count} by the footer");
        }
        catch (Exception e) when (IsOfLibrary(e))
        {
            throw await ExplainAsync(file, stream, group);
        }
    });

    // Reads the columns one by one, to name the first that cannot be read.
    private static async Task<DatasetException> ExplainAsync(DataFile file, Stream stream, int group)
    {
        try
        {
            stream.Position = 0;
            await using var reader = await ParquetReader.CreateAsync(stream, leaveStreamOpen: true);
            using var opened = reader.OpenRowGroupReader(group);
            foreach (var column in reader.Schema.DataFields)
                if (await FaultAsync(opened, column) is { } fault) return new DatasetException($"{file.Path}: row group {group}: {fault}");
        }
        catch (Exception e) when (IsOfLibrary(e))
        {
            // The row group as a whole, then.
        }

        return Damaged(file, $"row group {group} cannot be read");
    }

    private static async Task<string?> FaultAsync(ParquetRowGroupReader group, DataField column)
    {
        try
        {
            (await group.ReadRawColumnDataBaseAsync(column)).Dispose();
            return null;
        }
        catch (Exception e) when (IsOfLibrary(e))
        {
            var name = string.Join('.', column.Path.ToList().Where(n => !s_listLevels.Contains(n)));
            var stored = group.GetMetadata(column)?.MetaData;
            return e is not (NotSupportedException or NotImplementedException)
                ? $"column '{name}' cannot be read: it is damaged; fetch the file again"
                : $"column '{name}' is in a form that is not read (compression {stored?.Codec}, encodings {Encodings(stored)}, type {stored?.Type}); "
                    + "write the file anew with the compression snappy, zstd or gzip";
        }
    }

    private static string Encodings(ColumnMetaData? stored) => string.Join(" and ", stored?.Encodings ?? []);

    private static DatasetException Damaged(DataFile file, string what) => new($"{file.Path}: is a damaged Parquet file: {what}; fetch it again");

    // The library throws exceptions of all kinds for a damaged file.
    private static bool IsOfLibrary(Exception e) => e is not (DatasetException or FileNotFoundException or UnauthorizedAccessException);

    private static T Run<T>(Func<Task<T>> read) => Task.Run(read).GetAwaiter().GetResult();
}
