using System.Diagnostics;
using LisaOrleans.Data;
using LisaOrleans.Training;

namespace LisaOrleans.Cluster;

/// <summary>
/// Lets the silos of a cluster come and go as the machines of a <see cref="SpotTrace"/> did, with its time compressed. Of the
/// machines that live at a moment, the first few have a silo here. One that goes is killed, or gets a notice, by the seed.
/// </summary>
internal sealed class TraceReplay(TestCluster cluster, string run, ulong seed, Action<string> say)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(6);

    private readonly CounterRandom _random = new(seed, 3);
    private readonly List<string> _live = [];
    private readonly Dictionary<string, SiloProcess> _silos = [];

    public int Kills { get; private set; }

    public int Notices { get; private set; }

    public int Joins { get; private set; }

    /// <summary>Replays events until there are no more, or the run is over; at its end every place has a silo again.</summary>
    /// <param name="events">In their order.</param>
    /// <param name="compression">How many seconds of the trace pass in one.</param>
    public async Task PlayAsync(IReadOnlyList<(TimeSpan At, bool Added, string Node)> events, double compression)
    {
        var watch = Stopwatch.StartNew();
        foreach (var moment in events.GroupBy(e => e.At))
        {
            var wait = ((moment.Key - events[0].At) / compression) - watch.Elapsed;
            if (wait > TimeSpan.Zero) await Task.Delay(wait);
            if (await OverAsync()) break;
            foreach (var (_, added, node) in moment)
            {
                if (added) _live.Add(node);
                else _live.Remove(node);
            }

            await FollowAsync();
            say($"{moment.Key.TotalMinutes:0} min of the trace: {_live.Count} machines, {cluster.Silos.Count(s => s.Running)} silos; "
                + $"{Kills} kills, {Notices} notices, {Joins} joins");
        }

        foreach (var silo in cluster.Silos) silo.Start();
    }

    private async Task FollowAsync()
    {
        var represented = _live.Take(cluster.Silos.Count).ToHashSet();
        foreach (var (node, silo) in _silos.Where(s => !represented.Contains(s.Key)).ToArray())
        {
            _silos.Remove(node);
            if (_random.NextInt(2) == 0)
            {
                await silo.KillAsync();
                Kills++;
            }
            else
            {
                await silo.LeaveAsync(s_patience);
                Notices++;
            }
        }

        foreach (var node in represented.Where(n => !_silos.ContainsKey(n)))
        {
            var silo = cluster.Silos.First(s => !_silos.ContainsValue(s));
            silo.Start();
            _silos[node] = silo;
            Joins++;
        }
    }

    private async Task<bool> OverAsync()
    {
        try
        {
            return (await cluster.Run(run).GetStatus().WaitAsync(TimeSpan.FromSeconds(3))).State == RunState.Succeeded;
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return false;
        }
    }
}
