using System.Text.Json;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace LisaOrleans.Data;

/// <summary>Arrow IPC, as a file (Feather) or as a stream (what Hugging Face's <c>save_to_disk</c> writes).</summary>
internal sealed class ArrowSource : IRecordSource
{
    public string Name => "Arrow";

    private static ReadOnlySpan<byte> FileMagic => "ARROW1"u8;

    private static ReadOnlySpan<byte> StreamMagic => [0xFF, 0xFF, 0xFF, 0xFF];

    public bool Matches(ReadOnlySpan<byte> head, DatasetSettings settings) => head.StartsWith(FileMagic) || head.StartsWith(StreamMagic);

    public IEnumerable<RawRecord> Read(DataFile file)
    {
        using var stream = file.Open();
        if (file.IsCompressed) throw new DatasetException($"{file.Path}: is an Arrow file in gzip or zstd; unpack it");

        // After the magic bytes of a file comes the same stream; the directory at its end is not needed.
        stream.Position = file.ReadHead().AsSpan().StartsWith(FileMagic) ? FileMagic.Length + 2 : 0;
        using var reader = Guard(file, () =>
        {
            ArrowMessageCheck.Check(stream);
            return new ArrowStreamReader(stream, new CompressionCodecFactory(), leaveOpen: true);
        });
        using var bytes = new MemoryStream();
        using var json = new Utf8JsonWriter(bytes);
        var number = 0L;
        while (Guard(file, reader.ReadNextRecordBatch) is { } batch)
        {
            using (batch)
            {
                for (var row = 0; row < batch.Length; row++)
                {
                    bytes.SetLength(0);
                    json.Reset();
                    Guard(file, () => WriteRow(json, batch, row));
                    yield return new RawRecord(file.Path, "row", ++number, bytes.ToArray());
                }
            }
        }
    }

    private static bool WriteRow(Utf8JsonWriter json, RecordBatch batch, int row)
    {
        json.WriteStartObject();
        for (var column = 0; column < batch.ColumnCount; column++)
            ArrowJson.WriteMember(json, batch.Schema.GetFieldByIndex(column).Name, batch.Column(column), row);
        json.WriteEndObject();
        json.Flush();
        return true;
    }

    // The library throws exceptions of all kinds for a damaged file.
    private static T Guard<T>(DataFile file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is not (DatasetException or FileNotFoundException or UnauthorizedAccessException))
        {
            throw new DatasetException($"{file.Path}: is not a valid Arrow file: {e.Message}");
        }
    }
}
