using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using Parquet.Serialization;

namespace LisaOrleans.Data.Tests;

/// <summary>Files that other programs wrote; see files/make.mjs.</summary>
public sealed class TableFileTests
{
    // Numbers of codecs are stored doubled (zigzag).
    private const int Lzo = 3;

    private static readonly string s_files = Path.Combine(Repository.Root, "tests", "Data.Tests", "Sources", "files");

    public static TheoryData<string> Chats =>
        ["chats-stream.arrow", "chats-snappy.parquet", "chats-zstd.parquet", "chats-gzip.parquet"];

    [Theory]
    [MemberData(nameof(Chats))]
    public void Read_chats_with_lists_of_structs_are_those_that_were_written(string file)
    {
        // Whether the model's template can write calls does not matter here, only the file does.
        var settings = new DatasetSettings { IgnoreFields = ["tool_calls"] };
        var error = Assert.Throws<DatasetException>(() => DatasetReader.Read(Path.Combine(s_files, file), settings).ToArray());
        Assert.Contains("row 1: messages[2]: field 'content' is missing", error.Message, StringComparison.Ordinal);

        error = Assert.Throws<DatasetException>(
            () => DatasetReader.Read(Path.Combine(s_files, file), new DatasetSettings { Template = "chatml" }).ToArray());
        Assert.Contains("row 1: field 'tool_calls' of turn '2'", error.Message, StringComparison.Ordinal);
        var calls = DatasetReader.Read(Path.Combine(s_files, file), new DatasetSettings()).First().Messages[2].Fields!.Value;
        Assert.Equal(2, calls.GetProperty("tool_calls").GetArrayLength());
    }

    [Theory]
    [MemberData(nameof(Chats))]
    public void Read_tables_hold_every_value_and_leave_nulls_out(string file)
    {
        var rows = RecordSources.Read(Path.Combine(s_files, file), new DatasetSettings()).Select(r => JsonNode.Parse(r.Json.Span)!).ToArray();
        Assert.Equal(2, rows.Length);
        var turns = rows[0]["messages"]!.AsArray();
        Assert.Equal(["system", "user", "assistant", "tool", "assistant"], turns.Select(t => t!["role"]!.GetValue<string>()));
        Assert.Equal("Größe 日本 😀", turns[1]!["content"]!.GetValue<string>());
        Assert.False(turns[2]!.AsObject().ContainsKey("content"));
        Assert.Equal(
            """[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\u0022x\u0022: 1}"}},"""
            + """{"id":"c2","type":"function","function":{"name":"g","arguments":"{}"}}]""",
            turns[2]!["tool_calls"]!.ToJsonString());
        Assert.Equal(1, turns[4]!["weight"]!.GetValue<int>());
        Assert.Equal(["u", "b", "", "c"], rows[1]["messages"]!.AsArray().Select(t => t!["content"]!.GetValue<string>()));
        Assert.Equal(0, rows[1]["messages"]![1]!["weight"]!.GetValue<int>());
        Assert.Equal((1, 0.5, "web"), (rows[0]["id"]!.GetValue<int>(), rows[0]["score"]!.GetValue<double>(), rows[0]["source"]!.GetValue<string>()));
        Assert.Equal("""["x","y"]""", rows[0]["tags"]!.ToJsonString());
        Assert.False(rows[1].AsObject().ContainsKey("score"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(CompressionCodecType.Zstd)]
    [InlineData(CompressionCodecType.Lz4Frame)]
    public void Read_arrow_file_gives_the_records_of_the_stream_in_it(CompressionCodecType? compression)
    {
        using var folder = new TempFolder();
        var codecs = new CompressionCodecFactory();
        using (var reader = new ArrowStreamReader(File.OpenRead(Path.Combine(s_files, "chats-stream.arrow"))))
        {
            using var batch = reader.ReadNextRecordBatch();
            using var file = File.Create(folder["d.feather"]);
            using var writer = new ArrowFileWriter(
                file, batch.Schema, leaveOpen: false, new IpcOptions { CompressionCodec = compression, CompressionCodecFactory = codecs });
            writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        }

        var stream = RecordSources.Read(Path.Combine(s_files, "chats-stream.arrow"), new DatasetSettings());
        var same = RecordSources.Read(folder["d.feather"], new DatasetSettings());
        Assert.Equal(stream.Select(r => Encoding.UTF8.GetString(r.Json.Span)), same.Select(r => Encoding.UTF8.GetString(r.Json.Span)));
    }

    [Fact]
    public async Task Read_columns_of_floats_hold_floats()
    {
        using var folder = new TempFolder();
        await using (var file = File.Create(folder["d.parquet"]))
            await ParquetSerializer.SerializeAsync(
                [new Row { Whole = 20, Half = 0.5f, Integer = 7 }], file, cancellationToken: TestContext.Current.CancellationToken);
        using (var file = File.Create(folder["d.arrow"]))
        {
            using var batch = new RecordBatch.Builder()
                .Append("Whole", false, new DoubleArray.Builder().Append(20).Build())
                .Append("Half", false, new FloatArray.Builder().Append(0.5f).Build())
                .Append("Integer", false, new Int64Array.Builder().Append(7).Build()).Build();
            using var writer = new ArrowStreamWriter(file, batch.Schema);
            writer.WriteRecordBatch(batch);
            writer.WriteEnd();
        }

        foreach (var name in (string[])["d.parquet", "d.arrow"])
        {
            var record = Assert.Single(RecordSources.Read(folder[name], new DatasetSettings()));
            Assert.Equal("""{"Whole":20.0,"Half":0.5,"Integer":7}""", Encoding.UTF8.GetString(record.Json.Span));
        }
    }

    private sealed class Row
    {
        public double Whole { get; set; }

        public float Half { get; set; }

        public long Integer { get; set; }
    }

    [Theory]
    [InlineData(20, "20.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(0.1f, "0.10000000149011612")]
    [InlineData(1e22, "1E+22")]
    [InlineData(double.NaN, "\"NaN\"")]
    public void WriteNumber_float_stays_a_float(double value, string json)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes)) RowJson.WriteNumber(writer, value);
        Assert.Equal(json, Encoding.UTF8.GetString(bytes.ToArray()));
    }

    [Fact]
    public void Tokenize_rows_of_token_ids_keeps_ids_and_labels()
    {
        var data = DatasetTokenizer.Tokenize(
            Path.Combine(s_files, "tokens-zstd.parquet"), SampleTokenizer.Load(), new DatasetSettings(), 1024, 512, null, CancellationToken.None);
        Assert.Equal([5, 6, 7], data.InputIds(0).ToArray());
        Assert.Equal([0, 1, 1], data.LossMask(0).ToArray());
        Assert.Equal([8, 9], data.InputIds(1).ToArray());
    }

    [Theory]
    [MemberData(nameof(Chats))]
    public void Read_damaged_table_is_one_error_that_names_the_file(string file)
    {
        using var folder = new TempFolder();
        var whole = File.ReadAllBytes(Path.Combine(s_files, file));
        var random = new CounterRandom(7, (ulong)file.Length);
        for (var i = 0; i < 300; i++)
        {
            var damaged = whole.ToArray();
            if (i % 3 == 0) damaged = damaged[..(8 + random.NextInt(damaged.Length - 8))];
            else for (var n = 1 + random.NextInt(4); n > 0; n--) damaged[8 + random.NextInt(damaged.Length - 8)] = (byte)random.NextInt(256);
            File.WriteAllBytes(folder["d"], damaged);
            try
            {
                // Records that the damage left whole may still be read.
                foreach (var record in RecordSources.Read(folder["d"], new DatasetSettings())) Assert.NotEqual(0, record.Json.Length);
            }
            catch (DatasetException e)
            {
                Assert.StartsWith(folder["d"], e.Message, StringComparison.Ordinal);
            }
        }
    }

    [Theory]
    [InlineData(560, 0xFF, ": row group 0: column 'tags' cannot be read: it is damaged; fetch the file again")]
    [InlineData(3614, 2 * Lzo, ": row group 0: column 'tags' is in a form that is not read (compression LZO, ")]
    public void Read_column_that_cannot_be_read_is_named(int place, byte value, string problem)
    {
        using var folder = new TempFolder();
        var bytes = File.ReadAllBytes(Path.Combine(s_files, "chats-snappy.parquet"));
        bytes[place] = value;
        File.WriteAllBytes(folder["d"], bytes);
        var e = Assert.Throws<DatasetException>(() => RecordSources.Read(folder["d"], new DatasetSettings()).Count());
        Assert.Contains(folder["d"] + problem, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("PAR1", "is a Parquet file that is cut off after 4 bytes: a whole one ends with PAR1; fetch or write it again")]
    [InlineData("PAR1\u0015\u0004junkPAR1", "is a damaged Parquet file: by its last bytes its footer has 1802401130 bytes, and the file has 14")]
    [InlineData("PAR1junk\u0004\0\0\0PAR1", "is a damaged Parquet file: its footer, which describes the columns, cannot be read; fetch it again")]
    [InlineData("PAREjunk\u0004\0\0\0PARE", "is an encrypted Parquet file; write it without encryption")]
    [InlineData("ARROW1\0\0junk", "is not a valid Arrow file")]
    public void Read_stub_of_table_is_refused_by_its_kind(string content, string problem) =>
        Assert.Contains(problem, Dataset.Error(Encoding.Latin1.GetBytes(content)), StringComparison.Ordinal);
}
