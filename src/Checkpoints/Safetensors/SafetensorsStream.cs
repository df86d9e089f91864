namespace LisaOrleans.Checkpoints;

/// <summary>A header and tensors in native memory as one seekable stream.</summary>
internal sealed class SafetensorsStream(byte[] header, IReadOnlyList<TensorSource> tensors) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; } = header.Length + tensors.Sum(t => t.Length);

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 && value <= Length ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    public override int Read(Span<byte> buffer)
    {
        var at = _position;
        if (at < header.Length) return Advance(header.AsSpan((int)at), buffer);
        at -= header.Length;
        foreach (var tensor in tensors)
        {
            if (at < tensor.Length) return Advance(Bytes(tensor, at, buffer.Length), buffer);
            at -= tensor.Length;
        }

        return 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<int>(cancellationToken) : ValueTask.FromResult(Read(buffer.Span));

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

    private int Advance(ReadOnlySpan<byte> from, Span<byte> to)
    {
        var count = Math.Min(from.Length, to.Length);
        from[..count].CopyTo(to);
        _position += count;
        return count;
    }

    private static unsafe ReadOnlySpan<byte> Bytes(TensorSource tensor, long at, int most) =>
        new((void*)(tensor.Data + (nint)at), (int)Math.Min(most, tensor.Length - at));
}
