using ZstdSharp;

namespace LisaOrleans.Data;

/// <summary>What a decompressor gives, with its errors named and a limit for bombs: small files that unpack endlessly.</summary>
internal sealed class UnpackedStream(Stream unpacked, Stream packed, string path) : Stream
{
    // Real data shrinks to a fifth, repetitive data to a fiftieth; a bomb of gzip to a thousandth, one of zstd to less.
    private const long MostRatio = 250;
    private const long AlwaysAllowed = 64 << 20;

    private long _count;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _count; set => throw new NotSupportedException(); }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read;
        try
        {
            read = unpacked.Read(buffer);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or ZstdException)
        {
            throw new DatasetException($"{path}: is compressed, and damaged or cut off; copy or make it anew");
        }

        _count += read;
        return _count <= AlwaysAllowed || _count <= packed.Position * MostRatio
            ? read
            : throw new DatasetException(
                $"{path}: unpacks to more than {MostRatio} times its size, as no data does; unpack it yourself if it is real");
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            unpacked.Dispose();
            packed.Dispose();
        }

        base.Dispose(disposing);
    }
}
