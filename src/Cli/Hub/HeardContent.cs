using System.Net;

namespace LisaOrleans.Cli;

/// <summary>A request's body that says each time the other end has taken some of it.</summary>
internal sealed class HeardContent : HttpContent
{
    // Small, so that a slow line is not taken for a silent one.
    private const int Piece = 1 << 14;

    private readonly HttpContent _inner;
    private readonly Action _heard;

    /// <param name="inner">The body.</param>
    /// <param name="heard">Is called before each piece, and after the last.</param>
    public HeardContent(HttpContent inner, Action heard)
    {
        (_inner, _heard) = (inner, heard);
        foreach (var (name, values) in inner.Headers) Headers.TryAddWithoutValidation(name, values);
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var source = await _inner.ReadAsStreamAsync(cancellationToken);
        var buffer = new byte[Piece];
        int count;
        while ((count = await source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            _heard();
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }

        _heard();
    }

    // Asking for it computes it, where the body knows.
    protected override bool TryComputeLength(out long length) => (length = _inner.Headers.ContentLength ?? -1) >= 0;

    protected override void Dispose(bool disposing)
    {
        if (disposing) _inner.Dispose();
        base.Dispose(disposing);
    }
}
