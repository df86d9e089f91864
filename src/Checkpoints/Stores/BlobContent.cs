using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;

namespace LisaOrleans.Checkpoints;

/// <summary>The bytes of a blob in memory: a mapped file, or native memory. Owns them.</summary>
public sealed class BlobContent : IDisposable
{
    private const int Chunk = 16 << 20;

    private Action? _release;

    private BlobContent(nint data, long length, bool isMapped, Action release) =>
        (Data, Length, IsMapped, _release) = (data, length, isMapped, release);

    /// <summary>Address of the first byte; valid until disposed.</summary>
    public nint Data { get; private set; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>Whether they are those of a file, which the system reads when they are touched.</summary>
    public bool IsMapped { get; }

    /// <summary>A stream over the bytes; valid until disposed.</summary>
    public unsafe Stream AsStream() => Length == 0 ? Stream.Null : new UnmanagedMemoryStream((byte*)Data, Length);

    /// <summary>A copy of the bytes, for small blobs.</summary>
    public unsafe byte[] ToArray() => new ReadOnlySpan<byte>((void*)Data, checked((int)Length)).ToArray();

    /// <summary>Says that some bytes are not needed for now: a mapped file frees their memory until they are touched.</summary>
    /// <param name="start">Address of the first.</param>
    /// <param name="length">How many.</param>
    public void ReleasePages(nint start, long length)
    {
        if (IsMapped) MappedPages.Release(start, length);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Data = 0;
        Interlocked.Exchange(ref _release, null)?.Invoke();
    }

    internal static unsafe BlobContent MapFile(string path)
    {
        var length = LinkedFile.Resolve(path).Length;
        if (length == 0) return new BlobContent(0, 0, isMapped: false, () => { });

        var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        var view = file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        return new BlobContent((nint)start, length, isMapped: true, () =>
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            file.Dispose();
        });
    }

    /// <summary>Native memory of a length, to be filled through <see cref="Data"/>.</summary>
    internal static unsafe BlobContent Allocate(long length)
    {
        var data = (nint)System.Runtime.InteropServices.NativeMemory.Alloc((nuint)Math.Max(1, length));
        return new BlobContent(data, length, isMapped: false, () => System.Runtime.InteropServices.NativeMemory.Free((void*)data));
    }

    /// <summary>Fills the memory from a stream; false if the stream is shorter or longer.</summary>
    internal Task<bool> FillAsync(Stream stream, CancellationToken cancellationToken) => FillAsync(stream, 0, Length, cancellationToken);

    /// <summary>Fills some of the memory from a stream; false if the stream is shorter or longer.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="start">Where to begin, in bytes.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="cancellationToken">Cancels.</param>
    internal async Task<bool> FillAsync(Stream stream, long start, long length, CancellationToken cancellationToken)
    {
        using var target = Writer(start, length);
        var buffer = new byte[1 << 20];
        while (await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            if (count > length - target.Position) return false;
            target.Write(buffer, 0, count);
        }

        return target.Position == length;
    }

    internal unsafe string ComputeSha256()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long at = 0; at < Length; at += Chunk)
        {
            var chunk = new ReadOnlySpan<byte>((void*)(Data + (nint)at), (int)Math.Min(Chunk, Length - at));
            hash.AppendData(chunk);

            // A blob that is only read here and there need not stay in memory because it was verified.
            ReleasePages(Data + (nint)at, chunk.Length);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private unsafe UnmanagedMemoryStream Writer(long start, long length) => new((byte*)Data + start, length, length, FileAccess.Write);
}
