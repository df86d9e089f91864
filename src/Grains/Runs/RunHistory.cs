using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Grains;

/// <summary>
/// The records of a run's committed steps, and how they lie in the store: segments of JSON lines that are merged sixteen
/// at a time, so that a manifest at every step neither names thousands of blobs nor rewrites the whole history.
/// </summary>
internal sealed class RunHistory
{
    private const int MergeAt = 16;

    private readonly List<StepRecord> _records;
    private IReadOnlyList<LogSegment> _segments;

    private RunHistory(List<StepRecord> records, IReadOnlyList<LogSegment> segments) => (_records, _segments) = (records, segments);

    /// <summary>All records, step by step from 1.</summary>
    public IReadOnlyList<StepRecord> Records => _records;

    public static async Task<RunHistory> Read(IBlobStore store, Manifest manifest, CancellationToken cancellationToken)
    {
        var records = new List<StepRecord>();
        foreach (var segment in manifest.Log)
        {
            using var blob = await store.ReadAsync(segment.Blob, cancellationToken);
            using var lines = new StreamReader(blob.AsStream());
            while (await lines.ReadLineAsync(cancellationToken) is { } line)
            {
                var record = JsonSerializer.Deserialize<StepRecord>(line)
                    ?? throw new InvalidDataFileException(segment.Blob.Sha256, "an empty line in a run's history");
                if (record.Step != records.Count + 1)
                    throw new InvalidDataFileException(segment.Blob.Sha256, $"step {record.Step} where {records.Count + 1} was expected");
                records.Add(record);
            }
        }

        return records.Count == manifest.Step
            ? new RunHistory(records, manifest.Log)
            : throw new InvalidDataFileException($"manifest of {manifest.Run}", $"has {records.Count} step records; step {manifest.Step} needs as many");
    }

    public void Add(StepRecord record) => _records.Add(record);

    /// <summary>Puts the last record aside in favour of one with its evaluation.</summary>
    public void ReplaceLast(StepRecord record) => _records[^1] = record;

    /// <summary>Writes the records that no segment holds yet; returns the segments of a manifest at that step.</summary>
    public async Task<(IReadOnlyList<LogSegment> Segments, long BytesWritten)> Store(
        IBlobStore store, long step, CancellationToken cancellationToken)
    {
        var segments = _segments.ToList();
        var first = segments.Count == 0 ? 1 : segments[^1].LastStep + 1;
        if (first > step) return (segments, 0);

        // A full run of segments of one size becomes one of the next size, as a counter carries.
        while (segments.Count >= MergeAt - 1)
        {
            var size = step - first + 1;
            var tail = segments.TakeLast(MergeAt - 1).ToArray();
            if (tail.Any(s => s.LastStep - s.FirstStep + 1 > size * 2)) break;
            first = tail[0].FirstStep;
            segments.RemoveRange(segments.Count - tail.Length, tail.Length);
        }

        var lines = _records.Skip((int)first - 1).Take((int)(step - first + 1)).Select(r => JsonSerializer.SerializeToUtf8Bytes(r));
        var blob = new BytesBlob([.. lines.SelectMany(l => l.Append((byte)'\n'))]);
        var bytes = await store.PutAsync(blob, cancellationToken) ? blob.Length : 0;
        segments.Add(new LogSegment(new BlobRef(blob.Sha256, blob.Length), first, step));
        _segments = segments;
        return (segments, bytes);
    }
}
