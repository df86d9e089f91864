using System.Reflection;

namespace LisaOrleans.Api.Tests;

/// <summary>A job's list of events, to which a run's journal and its repeated steps add what did not happen last.</summary>
public sealed class JobEventsTests
{
    private readonly List<StepRecord> _steps = [];
    private readonly List<TrainingEvent> _entries = [];
    private readonly JobDocument _job = ImportedJob.Of("ftjob-a") with { Log = [new(DateTimeOffset.UnixEpoch, "info", "made")] };
    private long _manifest;
    private int _hours;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ListAsync_pages_over_a_lost_silo_have_every_event_once_and_in_one_order()
    {
        Note(new RunStarted(0, 9, 1));
        Train(3);
        Save();
        Train(5);
        Assert.Equal("s5 s4 j2 s3 s2 s1 j1 a1", await ReadAsync(false, 20));
        var before = await ReadAsync(true, 3);
        Assert.Equal("a1 j1 s1 s2 s3 j2", before);

        // The silo is lost; another one goes on after the manifest.
        _steps.RemoveRange(3, 2);
        Note(new RunRecovering(0, 3, "lost"));
        Assert.Equal("j3", await ReadAsync(true, 3, "ftevent-j000002"));
        Assert.Equal("", await ReadAsync(true, 3, "ftevent-s000005"));
        Assert.Equal("j3 j2 s3 s2 s1 j1 a1", await ReadAsync(false, 2, "ftevent-s000005"));

        Train(6);
        Save();
        Train(7);
        Assert.Equal("j3 s4 s5 s6 j4", await ReadAsync(true, 1, "ftevent-j000002"));
        Assert.Equal("s6 j4", await ReadAsync(true, 2, "ftevent-s000005"));
        Assert.Equal("", await ReadAsync(true, 2, "ftevent-s000007"));
        foreach (var limit in (int[])[1, 2, 3, 20])
        {
            Assert.Equal("a1 j1 s1 s2 s3 j2 j3 s4 s5 s6 j4", await ReadAsync(true, limit));
            Assert.Equal("s7 j4 s6 s5 s4 j3 j2 s3 s2 s1 j1 a1", await ReadAsync(false, limit));
            Assert.Equal("s4 j3 j2 s3 s2 s1 j1 a1", await ReadAsync(false, limit, "ftevent-s000005"));
            Assert.Equal("j2 s3 s2 s1 j1 a1", await ReadAsync(false, limit, "ftevent-j000003"));
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("ftevent-s1")]
    [InlineData("ftevent-b000001")]
    public async Task ListAsync_id_that_is_none_is_refused(string after) =>
        await Assert.ThrowsAsync<ApiException>(() => ReadAsync(true, 1, after));

    private void Train(int to)
    {
        while (_steps.Count < to)
        {
            _steps.Add(new StepRecord
            {
                Step = _steps.Count + 1,
                Loss = 1,
                LearningRate = 1,
                GradNorm = 1,
                Epoch = 0,
                ActiveLayers = [],
                Tokens = 1,
                Samples = [],
                Seconds = 1,
                Time = Now(),
            });
        }
    }

    private void Save()
    {
        _manifest = _steps.Count;
        Note(new ManifestSaved(_manifest, 1, 0));
    }

    // Written with the head, which names the last manifest.
    private void Note(TrainingEvent happened) =>
        _entries.Add(happened with { Position = new EventPosition(_manifest, _entries.Count + 1), Time = Now() });

    private DateTimeOffset Now() => DateTimeOffset.UnixEpoch.AddHours(++_hours);

    // The short ids of all pages.
    private async Task<string> ReadAsync(bool ascending, int limit, string? after = null)
    {
        var run = DispatchProxy.Create<IRunGrain, Feed>();
        ((Feed)(object)run).Next = Next;
        var status = new RunStatus
        {
            Run = _job.Id,
            State = RunState.Running,
            ManifestStep = _manifest,
            Position = new EventPosition(_steps.Count, _entries.Count),
        };
        for (var ids = new List<string>(); ;)
        {
            var page = await JobEvents.ListAsync(_job, status, run, new ApiPage(after, limit, ascending), Token);
            ids.AddRange(page.Data.Select(e => e.Id["ftevent-".Length..].Replace("00000", "", StringComparison.Ordinal)));
            Assert.InRange(page.Data.Count, page.HasMore ? limit : 0, limit);
            if (!page.HasMore) return string.Join(' ', ids);
            after = page.LastId;
        }
    }

    // As EventFeed of the grains.
    private TrainingEvent? Next(EventPosition after)
    {
        var entry = _entries.ElementAtOrDefault((int)after.Entry);
        var step = _steps.ElementAtOrDefault((int)after.Step);
        if (entry is not null && (step is null || entry.Position.Step <= after.Step))
            return entry with { Position = after with { Entry = after.Entry + 1 } };
        return step is null ? null : new StepCompleted(step) { Position = after with { Step = step.Step }, Time = step.Time };
    }

    /// <summary>A run of which only the events are asked for.</summary>
    public class Feed : DispatchProxy
    {
        /// <summary>The event after a position.</summary>
        public Func<EventPosition, TrainingEvent?> Next { get; set; } = _ => null;

        /// <inheritdoc/>
        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            Assert.Equal(nameof(IRunGrain.GetEvents), targetMethod?.Name);
            var (after, limit) = ((EventPosition)args![0]!, (int)args[1]!);
            var events = new List<TrainingEvent>();
            while (events.Count < limit && Next(after) is { } next)
            {
                events.Add(next);
                after = next.Position;
            }

            return Task.FromResult<IReadOnlyList<TrainingEvent>>(events);
        }
    }
}
