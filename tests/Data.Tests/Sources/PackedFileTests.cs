using System.IO.Compression;
using System.Text;

namespace LisaOrleans.Data.Tests;

public sealed class PackedFileTests
{
    private const string Lines = "{\"text\":\"a\"}\n{\"text\":\"b\"}\n";

    [Fact]
    public void Read_gzip_and_zstd_are_unpacked_whatever_the_name()
    {
        using var folder = new TempFolder();
        File.WriteAllBytes(folder["d.jsonl"], Gzip(Encoding.UTF8.GetBytes(Lines)));
        File.WriteAllBytes(folder["e.jsonl"], Zstandard(Encoding.UTF8.GetBytes(Lines)));
        Assert.Equal(["a", "b"], DatasetReader.Read(folder["d.jsonl"], new DatasetSettings()).Select(e => e.Text));
        Assert.Equal(["a", "b"], DatasetReader.Read(folder["e.jsonl"], new DatasetSettings()).Select(e => e.Text));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Read_bomb_is_refused_before_it_unfolds(bool gzip)
    {
        // 4 GB of records that are all alike.
        var line = Encoding.UTF8.GetBytes("{\"text\":\"" + new string('a', 1 << 20) + "\"}\n");
        using var packed = new MemoryStream();
        using (Stream packer = gzip
            ? new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)
            : new ZstdSharp.CompressionStream(packed, leaveOpen: true))
            for (var i = 0; i < 200; i++) packer.Write(line);
        var error = Dataset.Error(packed.ToArray());
        Assert.StartsWith(": unpacks to more than 250 times its size", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_damaged_archive_is_named()
    {
        var packed = Gzip(Encoding.UTF8.GetBytes(Lines));
        packed[15] ^= 0xFF;
        Assert.StartsWith(": is compressed, and damaged", Dataset.Error(packed), StringComparison.Ordinal);
        Assert.StartsWith(": is compressed, and damaged", Dataset.Error(Zstandard(Encoding.UTF8.GetBytes(Lines))[..^4]), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_gzip_that_is_cut_off_between_two_records_is_refused()
    {
        using var packed = new MemoryStream();
        using var packer = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true);
        packer.Write(Encoding.UTF8.GetBytes(Lines));
        packer.Flush();
        Assert.StartsWith(": is compressed, and damaged", Dataset.Error(packed.ToArray()), StringComparison.Ordinal);
        Assert.StartsWith(": is compressed, and damaged", Dataset.Error(Gzip(Encoding.UTF8.GetBytes(Lines))[..^8]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x50, 0x4B, 3, 4, 0 }, "a ZIP archive")]
    [InlineData(new byte[] { 0x42, 0x5A, 0x68, 0x39 }, "bzip2")]
    [InlineData(new byte[] { 0x80, 4, 0x95, 0 }, "a Python pickle, which is never read")]
    public void Read_kind_that_is_not_read_is_named(byte[] content, string kind) =>
        Assert.Contains(kind, Dataset.Error(content), StringComparison.Ordinal);

    [Fact]
    public void Read_gzip_in_gzip_is_refused() =>
        Assert.Contains("gzip twice", Dataset.Error(Gzip(Gzip(Encoding.UTF8.GetBytes(Lines)))), StringComparison.Ordinal);

    private static byte[] Gzip(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var packer = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true)) packer.Write(content);
        return packed.ToArray();
    }

    private static byte[] Zstandard(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var packer = new ZstdSharp.CompressionStream(packed, leaveOpen: true)) packer.Write(content);
        return packed.ToArray();
    }
}
