using System.Runtime.CompilerServices;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// A log in the store that only grows: blobs of lines that are merged sixteen at a time, so that a write at every step
/// neither names thousands of blobs nor rewrites the whole log.
/// </summary>
public static class SegmentedLog
{
    private const int MergeAt = 16;

    /// <summary>All lines of some segments, in order, each with the segment that it is in.</summary>
    public static async IAsyncEnumerable<(LogSegment Segment, string Line)> Read(
        IBlobStore store, IReadOnlyList<LogSegment> segments, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var segment in segments)
        {
            using var blob = await store.ReadAsync(segment.Blob, cancellationToken);
            using var lines = new StreamReader(blob.AsStream());
            while (await lines.ReadLineAsync(cancellationToken) is { } line) yield return (segment, line);
        }
    }

    /// <summary>Writes the lines that no segment holds yet.</summary>
    /// <param name="store">The store.</param>
    /// <param name="segments">What is there.</param>
    /// <param name="last">The number of the last line, from 1.</param>
    /// <param name="line">A line by its number, without the line break.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>All segments, and the bytes that were written.</returns>
    public static async Task<(IReadOnlyList<LogSegment> Segments, long BytesWritten)> Append(
        IBlobStore store, IReadOnlyList<LogSegment> segments, long last, Func<long, byte[]> line, CancellationToken cancellationToken)
    {
        var kept = segments.ToList();
        var first = kept.Count == 0 ? 1 : kept[^1].LastStep + 1;
        if (first > last) return (segments, 0);

        // A full run of segments of one size becomes one of the next size, as a counter's digits carry.
        while (kept.Count >= MergeAt - 1)
        {
            var size = last - first + 1;
            var tail = kept.TakeLast(MergeAt - 1).ToArray();
            if (tail.Any(s => s.LastStep - s.FirstStep + 1 > size * 2)) break;
            first = tail[0].FirstStep;
            kept.RemoveRange(kept.Count - tail.Length, tail.Length);
        }

        var content = new MemoryStream();
        for (var number = first; number <= last; number++)
        {
            content.Write(line(number));
            content.WriteByte((byte)'\n');
        }

        var blob = new BytesBlob(content.ToArray());
        var bytes = await store.PutAsync(blob, cancellationToken) ? blob.Length : 0;
        kept.Add(new LogSegment(new BlobRef(blob.Sha256, blob.Length), first, last));
        return (kept, bytes);
    }
}
