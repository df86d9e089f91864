using LisaOrleans.Data;

namespace LisaOrleans.Training;

/// <summary>Lets as many silos come and go as a cluster has, as the machines of a recorded <see cref="SpotTrace"/> did.</summary>
public static class TraceSchedule
{
    // Copies of a trace do not lose their machines in the same minute.
    private const int LongestDelaySeconds = 3600;

    /// <summary>
    /// The changes, beginning with the moment at which the first machine is there. Of the machines that live at a moment, the first
    /// ones have silos; where there are never enough, the trace is there several times over, each copy somewhat later.
    /// </summary>
    /// <param name="trace">The trace.</param>
    /// <param name="cluster">Says how many silos there are at most, of which kinds, and whether they are told before they go.</param>
    /// <param name="seed">Decides how much later each copy is.</param>
    public static IReadOnlyList<ClusterChange> Of(
        IReadOnlyList<(TimeSpan At, bool Added, string Node)> trace, ClusterShape cluster, ulong seed)
    {
        var (now, most) = (0, 0);
        foreach (var (_, added, _) in trace) most = Math.Max(most, now += added ? 1 : -1);
        var copies = (cluster.Count + most - 1) / most;
        var events = Enumerable.Range(0, copies).SelectMany(copy =>
        {
            double delay = copy == 0 ? 0 : new CounterRandom(seed, (ulong)copy).NextInt(LongestDelaySeconds);
            return trace.Select(e => (At: (e.At - trace[0].At).TotalSeconds + delay, e.Added, Node: copies == 1 ? e.Node : $"{e.Node}.{copy}"));
        });
        var (changes, live, silos, joined) = (new List<ClusterChange>(), new List<string>(), new HashSet<string>(), 0);
        var leaves = cluster.NoticeSeconds > 0 ? ClusterChangeKind.Notice : ClusterChangeKind.Kill;
        foreach (var moment in events.OrderBy(e => e.At).GroupBy(e => e.At))
        {
            foreach (var (_, added, node) in moment)
            {
                if (added) live.Add(node);
                else live.Remove(node);
            }

            var represented = live.Take(cluster.Count).ToHashSet();
            foreach (var node in silos.Except(represented).Order(StringComparer.Ordinal).ToArray())
            {
                silos.Remove(node);
                changes.Add(new ClusterChange(moment.Key, leaves, node));
            }

            foreach (var node in live.Where(n => represented.Contains(n) && silos.Add(n)))
                changes.Add(new ClusterChange(moment.Key, ClusterChangeKind.Join, node, cluster.KindOf(joined++)));
        }

        return changes;
    }
}
