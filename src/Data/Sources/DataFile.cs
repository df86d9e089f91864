using System.IO.Compression;
using ZstdSharp;

namespace LisaOrleans.Data;

/// <summary>A file of a data set; what is compressed with gzip or zstd is unpacked as it is read.</summary>
internal sealed class DataFile(string path)
{
    private const int HeadLength = 4096;

    private static ReadOnlySpan<byte> Gzip => [0x1F, 0x8B];

    private static ReadOnlySpan<byte> Zstandard => [0x28, 0xB5, 0x2F, 0xFD];

    public string Path => path;

    /// <summary>Whether it is read through a decompressor, and so only from front to back.</summary>
    public bool IsCompressed { get; private set; }

    /// <summary>How the unpacked content begins.</summary>
    public byte[] ReadHead()
    {
        using var stream = Open();
        var head = new byte[HeadLength];
        return head[..stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false)];
    }

    /// <summary>The unpacked content. Whatever breaks in it is a <see cref="DatasetException"/> that names the file.</summary>
    public Stream Open()
    {
        var file = new FileStream(
            path, new FileStreamOptions { Access = FileAccess.Read, Share = FileShare.Read, Options = FileOptions.SequentialScan });
        try
        {
            Span<byte> magic = stackalloc byte[4];
            magic = magic[..file.ReadAtLeast(magic, 4, throwOnEndOfStream: false)];
            file.Position = 0;
            var unpacked = magic.StartsWith(Gzip) ? new GZipStream(file, CompressionMode.Decompress)
                : magic.StartsWith(Zstandard) ? new DecompressionStream(file, leaveOpen: false)
                : (Stream?)null;
            IsCompressed = unpacked is not null;
            return unpacked is null ? file : new UnpackedStream(unpacked, file, path);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}
