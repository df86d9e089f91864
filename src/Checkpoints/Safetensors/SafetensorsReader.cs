namespace LisaOrleans.Checkpoints;

/// <summary>A safetensors file or blob in memory. Tensors are found by address, so they may be of any size. Owns the memory.</summary>
public sealed unsafe class SafetensorsReader : IDisposable
{
    private readonly BlobContent _content;
    private readonly SafetensorsHeader _header;

    private SafetensorsReader(BlobContent content, SafetensorsHeader header) => (_content, _header) = (content, header);

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors => _header.Tensors;

    /// <summary>The same in the order in which they are stored.</summary>
    public IEnumerable<TensorInfo> InOrder => _header.InOrder;

    /// <summary>Free text, by name.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <inheritdoc cref="BlobContent.IsMapped"/>
    public bool IsMapped => _content.IsMapped;

    /// <summary>Maps a file.</summary>
    /// <exception cref="InvalidDataFileException">It is missing or wrong.</exception>
    public static SafetensorsReader OpenFile(string path)
    {
        if (!File.Exists(path)) throw new InvalidDataFileException(path, "no such file");
        if (LinkedFile.Resolve(path).Length == 0) throw new InvalidDataFileException(path, "is empty");
        return FromBlob(BlobContent.MapFile(path), path);
    }

    /// <summary>Reads a blob; takes ownership of it, even if this fails.</summary>
    /// <param name="blob">The bytes.</param>
    /// <param name="name">What messages call them.</param>
    public static SafetensorsReader FromBlob(BlobContent blob, string name)
    {
        try
        {
            var prefix = new ReadOnlySpan<byte>((void*)blob.Data, (int)Math.Min(8, blob.Length));
            var length = SafetensorsHeader.MeasureHeader(prefix, blob.Length, name);
            var header = SafetensorsHeader.Parse(new ReadOnlySpan<byte>((void*)blob.Data, (int)length), blob.Length, name);
            return new SafetensorsReader(blob, header);
        }
        catch
        {
            blob.Dispose();
            throw;
        }
    }

    /// <summary>Address of a tensor's first byte; valid until this is disposed.</summary>
    public nint Pointer(TensorInfo tensor) => _content.Data + (nint)tensor.Offset;

    /// <summary>A copy of a tensor's bytes, for small ones.</summary>
    public byte[] ReadBytes(TensorInfo tensor) =>
        new ReadOnlySpan<byte>((void*)Pointer(tensor), checked((int)tensor.Length)).ToArray();

    /// <summary>Whether a tensor has the dtype, shape and bytes of another file's.</summary>
    public bool HasSameBytes(TensorInfo tensor, SafetensorsReader other, TensorInfo others)
    {
        if (tensor.DType != others.DType || !tensor.Shape.SequenceEqual(others.Shape)) return false;
        const int Piece = 1 << 26;
        for (long at = 0; at < tensor.Length; at += Piece)
        {
            var length = (int)Math.Min(Piece, tensor.Length - at);
            if (!new ReadOnlySpan<byte>((void*)(Pointer(tensor) + (nint)at), length)
                .SequenceEqual(new ReadOnlySpan<byte>((void*)(other.Pointer(others) + (nint)at), length))) return false;
        }

        return true;
    }

    /// <inheritdoc cref="BlobContent.ReleasePages"/>
    public void ReleasePages(nint start, long length) => _content.ReleasePages(start, length);

    /// <inheritdoc/>
    public void Dispose() => _content.Dispose();
}
