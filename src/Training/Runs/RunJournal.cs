using System.Text.Json;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Training;

/// <summary>
/// What happened in a run besides its steps. An entry is written with the swap of the run's head that makes it true, and nobody
/// is told of it before that: so no entry that somebody saw is ever lost, and its number never comes to mean something else. Used
/// within one grain's turns.
/// </summary>
public sealed class RunJournal : IDisposable
{
    private readonly TimeProvider _time;
    private readonly List<TrainingEvent> _entries;
    private readonly List<TrainingEvent> _pending = [];
    private readonly List<TrainingEvent> _unwritten = [];
    private readonly SemaphoreSlim _turn = new(1);

    // Steps that were told of without their evaluation, which was broken off.
    private readonly HashSet<long> _unevaluated = [];
    private IReadOnlyList<LogSegment> _segments;

    private RunJournal(TimeProvider time, List<TrainingEvent> entries, RunHead? head) =>
        (_time, _entries, _segments, Generation) = (time, entries, head?.Journal ?? [], head?.Generation ?? 0);

    /// <summary>The generation of the head that it was read from; 0 for none. Another one's owner may have written more.</summary>
    public long Generation { get; }

    /// <summary>All entries in the store, numbered from 1 by their positions.</summary>
    public IReadOnlyList<TrainingEvent> Entries => _entries;

    /// <summary>Reads the journal that a head names.</summary>
    /// <param name="store">The store.</param>
    /// <param name="head">The head; null for an empty journal.</param>
    /// <param name="before">The journal that this one replaces: what it has not written yet is still to be written.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public static async Task<RunJournal> Read(
        IBlobStore store, RunHead? head, RunJournal? before, TimeProvider time, CancellationToken cancellationToken)
    {
        var entries = new List<TrainingEvent>();
        await foreach (var (segment, line) in SegmentedLog.Read(store, head?.Journal ?? [], cancellationToken))
        {
            var entry = StoredJson.Read<TrainingEvent>(line, segment.Blob, "entry of a run's journal");
            if (entry.Position.Entry != entries.Count + 1)
            {
                throw new InvalidDataFileException(
                    segment.Blob.Sha256, $"journal entry {entry.Position.Entry} where {entries.Count + 1} was expected");
            }

            entries.Add(entry);
        }

        var journal = new RunJournal(time, entries, head);

        if (before is null) return journal;

        // The answer to a write may have been lost though the write was not.
        journal._pending.AddRange(before._pending.Where(p => !entries.Any(e => e.Time == p.Time && e.GetType() == p.GetType())));
        journal._unevaluated.UnionWith(before._unevaluated);
        return journal;
    }

    /// <summary>Keeps an entry for the next write.</summary>
    public void Note(TrainingEvent happened) => _pending.Add(happened with { Time = _time.GetUtcNow() });

    /// <summary>
    /// Notes the evaluation of a step that was told of without it. It is told once, even if a recovery goes back to before the step or
    /// before the evaluation.
    /// </summary>
    /// <param name="record">The step, with or without its evaluation.</param>
    /// <param name="isTold">Whether it is known to have been told of without.</param>
    public void NoteEvaluation(StepRecord record, bool isTold)
    {
        if (record.EvalLoss is not { } loss) _unevaluated.Add(record.Step);
        else if ((_unevaluated.Remove(record.Step) || isTold) && !_entries.Concat(_pending).OfType<StepEvaluated>().Any(e => e.Step == record.Step))
            Note(new StepEvaluated(record.Step, loss) { Rewards = record.EvalRewards });
    }

    /// <summary>Writes what was noted, and further entries, with a swap of the head.</summary>
    /// <param name="store">The store.</param>
    /// <param name="step">The step of the manifest that the swapped head names.</param>
    /// <param name="with">Entries that are true only if the swap succeeds.</param>
    /// <param name="swap">Swaps the head to one with these segments.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async Task Write(
        IBlobStore store, long step, IReadOnlyList<TrainingEvent> with, Func<IReadOnlyList<LogSegment>, Task> swap,
        CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var noted = _pending.Count;
            TrainingEvent[] entries = [.. _pending, .. with.Select(e => e with { Time = _time.GetUtcNow() })];
            for (var i = 0; i < entries.Length; i++) entries[i] = entries[i] with { Position = new EventPosition(step, _entries.Count + i + 1) };
            var (segments, _) = await SegmentedLog.Append(
                store, _segments, _entries.Count + entries.Length,
                number =>
                    JsonSerializer.SerializeToUtf8Bytes(number <= _entries.Count ? _entries[(int)number - 1] : entries[number - _entries.Count - 1]),
                cancellationToken);
            await swap(segments);
            _segments = segments;
            _entries.AddRange(entries);
            _pending.RemoveRange(0, noted);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Adds an entry that the store could not be told of, for those who watch now.</summary>
    public void AddUnwritten(long step, TrainingEvent happened)
    {
        var entry = happened with { Time = _time.GetUtcNow(), Position = new EventPosition(step, _entries.Count + 1) };
        _unwritten.Add(entry);
        _entries.Add(entry);
    }

    /// <summary>Adds the entries that the store could not be told of when another journal of this run was at hand.</summary>
    /// <returns>Whether there were any.</returns>
    public bool AddUnwritten(RunJournal other)
    {
        foreach (var entry in other._unwritten)
        {
            _unwritten.Add(entry);
            _entries.Add(entry with { Position = entry.Position with { Entry = _entries.Count + 1 } });
        }

        return other._unwritten.Count > 0;
    }

    public void Dispose() => _turn.Dispose();
}
