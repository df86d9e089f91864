using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>The records of a run's committed steps, in memory and as a <see cref="SegmentedLog"/> of JSON lines in the store.</summary>
public sealed class RunHistory
{
    private readonly List<StepRecord> _records;
    private IReadOnlyList<LogSegment> _segments;

    private RunHistory(List<StepRecord> records, IReadOnlyList<LogSegment> segments) => (_records, _segments) = (records, segments);

    /// <summary>All records, step by step from 1.</summary>
    public IReadOnlyList<StepRecord> Records => _records;

    public static async Task<RunHistory> Read(IBlobStore store, Manifest manifest, CancellationToken cancellationToken)
    {
        var records = new List<StepRecord>();
        await foreach (var (segment, line) in SegmentedLog.Read(store, manifest.Log, cancellationToken))
        {
            var record = StoredJson.Read<StepRecord>(line, segment.Blob, "step of a run's log");
            if (record.Step != records.Count + 1)
                throw new InvalidDataFileException(segment.Blob.Sha256, $"step {record.Step} where {records.Count + 1} was expected");
            records.Add(record);
        }

        return records.Count == manifest.Step
            ? new RunHistory(records, manifest.Log)
            : throw new InvalidDataFileException(
                $"manifest of {manifest.Run}", $"has {records.Count} step records; step {manifest.Step} needs as many");
    }

    public void Add(StepRecord record) => _records.Add(record);

    /// <summary>Replaces the record of the same step. The segments with it and after it are rewritten.</summary>
    public void Replace(StepRecord record)
    {
        _records[(int)record.Step - 1] = record;
        _segments = [.. _segments.TakeWhile(s => s.LastStep < record.Step)];
    }

    /// <summary>Writes the records that no segment holds yet; returns the segments of a manifest at that step.</summary>
    public async Task<(IReadOnlyList<LogSegment> Segments, long BytesWritten)> Store(
        IBlobStore store, long step, CancellationToken cancellationToken)
    {
        var (segments, bytes) = await SegmentedLog.Append(
            store, _segments, step, number => JsonSerializer.SerializeToUtf8Bytes(_records[(int)number - 1]), cancellationToken);
        _segments = segments;
        return (segments, bytes);
    }
}
