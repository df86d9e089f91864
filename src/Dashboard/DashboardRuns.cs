using System.Collections.Concurrent;
using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Dashboard;

/// <summary>The store's runs for the dashboard: a summary of all, and full details of those that a page follows.</summary>
internal sealed partial class DashboardRuns
{
    private const int MaxFollowed = 64;
    private const int NewPerLook = 50;
    private const int RestingPerLook = 10;
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_storePatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_namesEvery = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_forget = TimeSpan.FromMinutes(2);

    private readonly IBlobStore _store;
    private readonly IGrainFactory _grains;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger _logger;
    private readonly Refresher _refresher;
    private readonly ConcurrentDictionary<string, RunFollower> _followed = new();
    private readonly ConcurrentDictionary<string, Listed> _listed = new();
    private long? _namesRead;

    public DashboardRuns(IBlobStore store, IGrainFactory grains, TimeProvider time, ILoggerFactory loggers)
    {
        (_store, _grains, _time, _loggers) = (store, grains, time, loggers);
        _logger = loggers.CreateLogger<DashboardRuns>();
        _refresher = new Refresher(time, s_moment, Look);
    }

    /// <summary>All runs with their last known status, by name.</summary>
    public IReadOnlyList<RunView> Runs =>
        [.. _listed.Values.Select(l => l.View).OfType<RunView>().OrderBy(v => v.Status.Run, StringComparer.Ordinal)];

    /// <summary>Why the store's runs could not be listed; null if they could.</summary>
    public string? Problem { get; private set; }

    /// <summary>Looks at the runs, unless that was just done.</summary>
    public Task Fresh() => _refresher.Fresh();

    /// <summary>Whether the store has a run of this name.</summary>
    public async Task<bool> Exists(string name, CancellationToken cancellationToken) =>
        _listed.ContainsKey(name) || await RunStore.ReadHeadAsync(_store, name, cancellationToken) is { Manifest: not null };

    /// <summary>Makes the next question about a run look at it again.</summary>
    public void Expire(string name)
    {
        if (_listed.TryGetValue(name, out var listed)) listed.Heard = null;
        if (_followed.TryGetValue(name, out var follower)) follower.Refresher.Expire();
        _refresher.Expire();
    }

    /// <summary>From now on follows a run, which must exist, until nobody has asked for it for a while.</summary>
    public RunFollower Follow(string name)
    {
        var unused = _followed.Values.OrderBy(f => f.Refresher.Asked).ToArray();
        for (var i = 0; i < unused.Length; i++)
        {
            var idle = _time.GetElapsedTime(unused[i].Refresher.Asked) > s_forget;
            if (unused[i].Name != name && (idle || unused.Length - i > MaxFollowed)) _followed.TryRemove(unused[i].Name, out _);
        }

        return _followed.GetOrAdd(name, n => new RunFollower(n, _store, _grains, _time, _loggers.CreateLogger<RunFollower>()));
    }

    private async Task Look()
    {
        if (_namesRead is not { } read || _time.GetElapsedTime(read) > s_namesEvery) await ReadNames();

        // Inactive runs change rarely, and there may be many: look at a few of them at a time, first those whose status is
        // oldest.
        var all = _listed.Values.OrderBy(l => l.Heard ?? long.MinValue).ToArray();
        await Task.WhenAll(
            all.Where(l => l.Heard is null).Take(NewPerLook)
                .Concat(all.Where(l => l.Heard is not null && l.Moves))
                .Concat(all.Where(l => l.Heard is not null && !l.Moves).Take(RestingPerLook))
                .Select(Ask));
    }

    private async Task ReadNames()
    {
        try
        {
            var names = new HashSet<string>();
            using var time = new CancellationTokenSource(s_storePatience, _time);
            await foreach (var name in RunStore.ListRunsAsync(_store, time.Token)) names.Add(name);
            foreach (var name in names) _listed.TryAdd(name, new Listed(name, _time));
            foreach (var gone in _listed.Keys.Except(names)) _listed.TryRemove(gone, out _);
            _namesRead = _time.GetTimestamp();
            Problem = null;
        }
        catch (Exception e)
        {
            // The known runs are still shown, and the silos are worth seeing even without runs.
            if (Problem is null) LogNoList(e);
            Problem = "the store does not answer";
        }
    }

    private async Task Ask(Listed listed)
    {
        try
        {
            var status = await listed.Status.Ask(_grains.GetGrain<IRunGrain>(listed.Name).GetStatus, s_patience);
            listed.View = new RunView(status, null);
        }
        catch (Exception e)
        {
            LogUnreachable(e, listed.Name);
            var last = listed.View?.Status ?? new RunStatus { Run = listed.Name, State = RunState.Queued };
            listed.View = new RunView(last, e is TimeoutException ? "is not answering right now" : e.Message);
        }

        listed.Heard = _time.GetTimestamp();
    }

    private sealed class Listed(string name, TimeProvider time)
    {
        public string Name => name;

        public OpenQuestion<RunStatus> Status { get; } = new(time);

        public RunView? View { get; set; }

        public long? Heard { get; set; }

        public bool Moves => View is null or { Problem: not null } or { Status.QueuePosition: > 0 }
            or { Status.State: RunState.Starting or RunState.Running or RunState.Recovering };
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store's runs cannot be listed for the dashboard")]
    private partial void LogNoList(Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The status of run {Run} could not be had")]
    private partial void LogUnreachable(Exception exception, string run);
}
