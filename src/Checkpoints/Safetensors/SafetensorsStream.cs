namespace LisaOrleans.Checkpoints;

/// <summary>
/// A header and tensors in native memory as one seekable stream. Once it is closed nothing reads that memory, which its owner may then free,
/// whatever a client that gave up an upload still does on another thread.
/// </summary>
internal sealed class SafetensorsStream(byte[] header, IReadOnlyList<TensorSource> tensors) : Stream
{
    private readonly Lock _lock = new();
    private long _position;
    private bool _closed;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; } = header.Length + tensors.Sum(t => t.Length);

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 && value <= Length ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsMemory(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromResult(Read(buffer));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => _position,
        _ => Length,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        lock (_lock) _closed = true;
        base.Dispose(disposing);
    }

    private int Read(Memory<byte> buffer)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            return ReadOpen(buffer);
        }
    }

    private int ReadOpen(Memory<byte> buffer)
    {
        var at = _position;
        if (at < header.Length)
        {
            var count = Math.Min(header.Length - (int)at, buffer.Length);
            header.AsSpan((int)at, count).CopyTo(buffer.Span);
            return Advance(count);
        }

        at -= header.Length;
        foreach (var tensor in tensors)
        {
            if (at < tensor.Length) return Advance(tensor.Read(at, buffer.Length, buffer, static (bytes, to) => bytes.CopyTo(to.Span)));
            at -= tensor.Length;
        }

        return 0;
    }

    private int Advance(int count)
    {
        _position += count;
        return count;
    }
}
