using LisaOrleans.Checkpoints;
using LisaOrleans.Model;
using LisaOrleans.Training;
using Orleans.Concurrency;

namespace LisaOrleans.Grains;

/// <inheritdoc cref="IRunQueueGrain"/>
[Reentrant]
[ControlPlacement]
internal sealed class RunQueueGrain(IBlobStore store, IClusterView cluster, TimeProvider time) : Grain, IRunQueueGrain
{
    // How long after its last request a run counts as gone; if it is woken, it asks again.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    // How long a new queue waits to hear from the runs that were training before it gives their silos to others.
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, (QueuedRun Run, RunDemand Demand, long Heard)> _runs = [];
    private readonly HashSet<string> _expected = [];
    private long _born;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _born = time.GetTimestamp();
        if (cluster.ClusterId is null) return;

        // A damaged run asks for nothing; every silo reports it when it looks for runs to wake.
        await foreach (var head in ActiveRuns.ListAsync(store, cluster.ClusterId, _ => { }, cancellationToken))
            if (head.State == RunHeadStates.Running) _expected.Add(head.Run);
    }

    public Task<RunShare> Ask(RunDemand demand)
    {
        var name = demand.Spec.RunName;
        var config = _runs.TryGetValue(name, out var known) && known.Demand.ConfigJson == demand.ConfigJson
            ? known.Run.Config
            : ModelConfigReader.Parse(demand.ConfigJson, $"{name}/config.json");

        // Silos once given to a run are its own, even if it has not begun to use them yet.
        var trains = demand.Trains || known.Run?.Trains == true;
        var run = new QueuedRun(name, demand.Spec, config, demand.Since, trains, demand.Holds);
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
        var settling = _expected.Count > 0 && time.GetElapsedTime(_born) < s_settling;
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

    private IEnumerable<QueuedRun> Live()
    {
        foreach (var gone in _runs.Where(r => time.GetElapsedTime(r.Value.Heard) > s_patience).Select(r => r.Key).ToArray()) _runs.Remove(gone);
        return _runs.Values.Select(r => r.Run);
    }

    private static SiloDescription Description(TrainingSilo silo) => new(silo.Address, silo.MemoryBytes, silo.Threads);
}
