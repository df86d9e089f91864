using System.Text.Json;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Dashboard;

/// <summary>Reads a run's events as they come, and keeps what pages show. Its memory does not grow with the run.</summary>
internal sealed partial class RunFollower
{
    private const int Page = 1000;
    private const int ComingPeriods = 3;
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_memoryEvery = TimeSpan.FromSeconds(2);

    private readonly IBlobStore _store;
    private readonly IRunGrain _run;
    private readonly ILayerSchedulerGrain _scheduler;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly OpenQuestion<RunStatus> _asksStatus;
    private readonly OpenQuestion<IReadOnlyList<TrainingEvent>> _asksEvents;
    private readonly OpenQuestion<IReadOnlyDictionary<string, PartMemory>> _asksMemory;

    private Kept _kept;
    private RunStatus _status;
    private TrainingSpec? _spec;
    private IReadOnlyDictionary<string, PartMemory> _memory = new Dictionary<string, PartMemory>();
    private long? _memoryRead;
    private IReadOnlyList<PeriodLayers> _coming = [];
    private long? _comingAfter;
    private (RunOrigin? Origin, RunData? Data) _made;
    private bool _loading;
    private bool _live;

    public RunFollower(string name, IBlobStore store, IGrainFactory grains, TimeProvider time, ILogger<RunFollower> logger)
    {
        (Name, _store, _time, _logger) = (name, store, time, logger);
        (_run, _scheduler) = (grains.GetGrain<IRunGrain>(name), grains.GetGrain<ILayerSchedulerGrain>(name));
        _status = new RunStatus { Run = name, State = RunState.Queued };
        _kept = new Kept();
        (_asksStatus, _asksEvents, _asksMemory) = (new(time), new(time), new(time));
        Refresher = new Refresher(time, s_moment, Look);
    }

    public string Name { get; }

    public Refresher Refresher { get; }

    /// <summary>What is new to a page.</summary>
    public RunAnswer Answer(RunQuestion question)
    {
        lock (_lock)
        {
            var kept = _kept;
            var same = question.View == kept.Id;
            var (curve, map) = (kept.Curve, kept.Map);
            return new RunAnswer
            {
                View = kept.Id,
                Whole = !same,
                Loading = _loading,
                Live = _live,
                Status = _status,
                Spec = same ? null : _spec,
                Origin = same ? null : _made.Origin,
                Data = same ? null : _made.Data,
                Curve = RunAnswer.CurveAnswer.From(curve, same && question.Stride == curve.Stride ? question.Step : 0),
                Layers = new RunAnswer.LayersAnswer(
                    map?.Stride ?? 1, _spec is null ? 0 : Methods.Of(_spec).PeriodSteps(_spec) ?? 0, _status.LayerCount,
                    [.. (map?.Columns ?? []).Where(c => !same || question.PeriodStride != map!.Stride || c.Last > question.Period)],
                    _status.Method, _coming),
                Manifests = new RunAnswer.ManifestsAnswer(kept.Log.Manifests, kept.Log.ManifestBytes, kept.Log.StallSeconds),
                Events = kept.Log.After(same ? question.Entry : 0),
                Memory = _memory,
            };
        }
    }

    private async Task Look()
    {
        try
        {
            var status = await _asksStatus.Ask(_run.GetStatus, s_patience);
            if (status.Generation != _status.Generation || _spec is null) await Begin(status);
            await Read();
            await ReadMemory(status);
            await ReadSchedule(status);
            lock (_lock)
            {
                _status = status;
                _live = true;
            }
        }
        catch (Exception e)
        {
            // When a silo dies, its runs cannot be reached for a moment: the page shows the last known status, and says so.
            LogUnreachable(e, Name);
            lock (_lock) _live = false;
        }
    }

    // A new generation may belong to a run that was started over under this name: then nothing that was kept is valid any more.
    private async Task Begin(RunStatus status)
    {
        var head = await Within(token => RunStore.ReadHeadAsync(_store, Name, token));
        if (head?.Manifest is null) return;
        var manifest = await Within(token => RunStore.ReadManifestAsync(_store, head.Manifest, token));
        var spec = await Within(token => RunFiles.ReadSpecAsync(_store, manifest, token));
        var first = (await Events(EventPosition.Start, 1)).FirstOrDefault();
        lock (_lock)
        {
            if (_spec is null || (_kept.First is { } known && known != first?.Time)) _kept = new Kept();

            // Pages that know the settings from before start over.
            else if (JsonSerializer.Serialize(_spec) != JsonSerializer.Serialize(spec)) _kept.Id = NewId();
            (_spec, _made) = (spec, (RunOrigin.Of(manifest), RunData.Of(manifest)));
            _kept.First ??= first?.Time;
            _kept.Map ??= status.LayerCount > 0 ? new LayerMap(status.LayerCount) : null;
        }
    }

    // A long history is read in several looks, so that the page can show the progress.
    private async Task Read()
    {
        var started = _time.GetTimestamp();
        do
        {
            var events = await Events(_kept.Position, Page);
            lock (_lock)
            {
                foreach (var happened in events) Add(happened);
                _loading = events.Count == Page;
            }
        }
        while (_loading && _time.GetElapsedTime(started) < s_patience);
    }

    private void Add(TrainingEvent happened)
    {
        _kept.Position = happened.Position;
        _kept.First ??= happened.Time;
        if (happened is not StepCompleted { Record: var record })
        {
            _kept.Log.Add(happened);
            return;
        }

        _kept.Curve.Add(record);
        if (_spec is not null) _kept.Map?.Add(Methods.PeriodOf(_spec, record.Step), record.ActiveLayers);
    }

    private async Task ReadMemory(RunStatus status)
    {
        if (status.Stages.Count == 0)
        {
            (_memory, _memoryRead) = (new Dictionary<string, PartMemory>(), null);
            return;
        }

        if (_memoryRead is { } read && _time.GetElapsedTime(read) < s_memoryEvery) return;
        _memory = await _asksMemory.Ask(_run.GetMemory, s_patience);
        _memoryRead = _time.GetTimestamp();
    }

    // Read again when a step has begun another period.
    private async Task ReadSchedule(RunStatus status)
    {
        if (_spec is null || (_comingAfter is { } after && Methods.PeriodOf(_spec, after + 1) == Methods.PeriodOf(_spec, status.Step + 1))) return;
        var schedule = await Within(token => _scheduler.GetSchedule(0, ComingPeriods, token).WaitAsync(token));
        lock (_lock)
        {
            _coming = [
                .. (schedule?.Coming.Prepend(schedule.Now!) ?? []).Where(
                    p => p is not null && p.FirstStep > status.Step && p.FirstStep <= status.TotalSteps)];
            _comingAfter = status.Step;
        }
    }

    private Task<IReadOnlyList<TrainingEvent>> Events(EventPosition after, int limit) =>
        _asksEvents.Ask(() => _run.GetEvents(after, limit), s_patience, (after, limit));

    // What is given up reads no further.
    private async Task<T> Within<T>(Func<CancellationToken, Task<T>> read)
    {
        using var patience = new CancellationTokenSource(s_patience, _time);
        return await read(patience.Token);
    }

    private static string NewId() => Guid.NewGuid().ToString("N");

    /// <summary>What is kept of one life of the run.</summary>
    private sealed class Kept
    {
        public string Id { get; set; } = NewId();

        public StepCurve Curve { get; } = new();

        public EventLog Log { get; } = new();

        public LayerMap? Map { get; set; }

        public EventPosition Position { get; set; } = EventPosition.Start;

        public DateTimeOffset? First { get; set; }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Run {Run} cannot be followed right now")]
    private partial void LogUnreachable(Exception exception, string run);
}
