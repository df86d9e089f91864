using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IRunQueueGrain"/>
[Reentrant]
[ControlPlacement]
internal sealed partial class RunQueueGrain(
    IBlobStore store, IClusterView cluster, StoreReach reach, TimeProvider time, ILogger<RunQueueGrain> logger)
    : Grain, IRunQueueGrain
{
    // How long after its last request a run counts as gone; if it is woken, it asks again.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    // How long a new queue waits to hear from the runs that were training before it gives their silos to others.
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (QueuedRun Run, RunDemand Demand, long Heard)> _runs = [];
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _expected = [];
    private readonly CancellationTokenSource _life = new();
    private Task _looking = Task.CompletedTask;

    // Null until it is known which runs were training.
    private long? _known;

    private bool IsSettling => _known is not { } known || (_expected.Count > 0 && time.GetElapsedTime(known) < s_settling);

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        // Beside the turns: a store of many runs may take longer than an activation may.
        _looking = Look();
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _life.CancelAsync();
        await _looking.WaitAsync(cancellationToken).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await base.OnDeactivateAsync(reason, cancellationToken);
    }

    public Task<RunShare> Ask(RunDemand demand)
    {
        var name = demand.Spec.RunName;
        var config = _runs.TryGetValue(name, out var known) && known.Demand.ConfigJson == demand.ConfigJson
            ? known.Run.Config
            : ModelConfigReader.Parse(demand.ConfigJson, $"{name}/config.json", ofRun: true);

        // Silos once given to a run are its own, even if it has not begun to use them yet.
        var trains = demand.Trains || known.Run?.Trains == true;
        var run = new QueuedRun(name, demand.Spec, config, demand.Since, trains, [.. demand.Share.Select(s => s.Address)]);
        _runs[name] = (run, demand, time.GetTimestamp());
        _expected.Remove(name);
        var share = Share(name);
        if (share.Silos.Count > 0)
            _runs[name] = (run with { Trains = true, Holds = [.. share.Silos.Select(s => s.Address)] }, demand, time.GetTimestamp());
        return Task.FromResult(share);
    }

    public Task Leave(string run)
    {
        _runs.Remove(run);
        _expected.Remove(run);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<QueueEntry>> GetQueue() => Task.FromResult<IReadOnlyList<QueueEntry>>(
        [.. SiloShares.Order(Live()).Select(r => new QueueEntry(r.Name, r.Spec.Priority, r.Since, Share(r.Name)))]);

    private RunShare Share(string name)
    {
        var order = SiloShares.Order(Live());
        var leaving = _runs.Values.SelectMany(r => r.Demand.Leaving).ToHashSet();
        var silos = cluster.TrainingSilos().Where(s => !leaving.Contains(s.Address)).ToArray();
        var settling = IsSettling;
        var run = order.First(r => r.Name == name);
        var shares = SiloShares.Assign(settling ? [.. order.Where(r => r.Trains)] : order, silos);
        if (settling && run.Trains)
        {
            // Not all of the others that train have said so yet: until then, each stays where it is, with the memory that it has there.
            var had = _runs[name].Demand.Share.ToDictionary(s => s.Address, s => s.MemoryBytes);
            var held = silos.Where(s => run.Holds.Contains(s.Address))
                .Select(s => s with { MemoryBytes = had.GetValueOrDefault(s.Address, s.MemoryBytes) }).ToArray();
            if (held.Length > 0) return new RunShare([.. held.Select(Description)], 0, null);
        }

        if (shares.TryGetValue(name, out var share)) return new RunShare([.. share.Select(Description)], 0, null);
        var waiting = order.Where(r => !shares.ContainsKey(r.Name)).Select(r => r.Name).ToList();
        var reason = silos.Length == 0 ? "no live silo of role gpu" : settling
            ? "the queue is only just starting" : "waits for silos, or for their memory";
        return new RunShare([], waiting.IndexOf(name) + 1, reason);
    }

    // Which runs were training when the queue before this one was lost.
    private async Task Look()
    {
        while (cluster.ClusterId is not null && !_life.IsCancellationRequested)
        {
            try
            {
                // A damaged run asks for nothing; every silo reports it when it looks for runs to wake.
                await foreach (var head in ActiveRuns.ListAsync(store, cluster.ClusterId, _ => { }, _life.Token))
                    if (head.State == RunHeadStates.Running && !_runs.ContainsKey(head.Run)) _expected.Add(head.Run);
                break;
            }
            catch (Exception e) when (!_life.IsCancellationRequested)
            {
                LogNotKnown(e.Message);
                if (await reach.MoveAway(this)) return;
                await Task.Delay(s_pause, time, _life.Token)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }

        _known = time.GetTimestamp();
    }

    private IEnumerable<QueuedRun> Live()
    {
        foreach (var gone in _runs.Where(r => time.GetElapsedTime(r.Value.Heard) > s_patience).Select(r => r.Key).ToArray()) _runs.Remove(gone);
        return _runs.Values.Select(r => r.Run);
    }

    private static SiloDescription Description(TrainingSilo silo) => new(silo.Address, silo.MemoryBytes, silo.Threads);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The queue does not know yet which runs were training: {Reason}")]
    private partial void LogNotKnown(string reason);
}
