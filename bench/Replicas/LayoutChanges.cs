using System.Diagnostics;
using System.Globalization;
using LisaOrleans.Cluster;
using LisaOrleans.Data;

namespace LisaOrleans.Bench;

/// <summary>
/// Makes silos join and leave until a run trains in the layout that is wanted. Large silos have room for the whole model, and of small ones
/// it takes two: so a run that wants three replicas gets as many stages as the silos are small.
/// </summary>
internal sealed class LayoutChanges(TestCluster cluster, ChaosDriver driver, HashSet<int> small, ulong seed, Action<string> say)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly CounterRandom _random = new(seed, 4);

    // Places of silos that have left; they are used again.
    private readonly List<SiloProcess> _away = [];

    /// <summary>How many silos have joined, and how many have left.</summary>
    public (int Joined, int Left) Count { get; private set; }

    private int Large => cluster.Silos.Count(s => !small.Contains(s.Number));

    /// <summary>The option of a silo of which it takes two to hold the model.</summary>
    /// <param name="bytes">What the model needs in one place.</param>
    public static string[] Small(long bytes) => ["--memory-gb", (0.75 * bytes / 1e9).ToString("0.000000", CultureInfo.InvariantCulture)];

    /// <summary>Changes silos and waits for a step in the layout. False where the run was over first.</summary>
    /// <exception cref="TimeoutException">The run does not come to train in that layout.</exception>
    public async Task<bool> ToAsync(ReplicaLayout layout)
    {
        // A large one among the small ones still leaves too little room for a replica more; three replicas of two always fit.
        var large = layout.Stages == 1 ? layout.Silos : layout.Replicas == 3 ? Large : Math.Min(Large, 1);
        say($"{cluster.Silos.Count} silos -> {layout}");
        var joining = new List<SiloProcess>();
        Take(joining, large - Large, isSmall: false);
        Take(joining, layout.Silos - large - (cluster.Silos.Count - Large), isSmall: true);
        foreach (var silo in joining) silo.Start();
        foreach (var silo in joining) await silo.ReadyAsync(s_patience);
        Count = (Count.Joined + joining.Count, Count.Left);
        await LeaveAsync(Large - large, isSmall: false);
        await LeaveAsync(cluster.Silos.Count - Large - (layout.Silos - large), isSmall: true);
        return await PlacedAsync(layout);
    }

    /// <summary>Gives the places of silos that have left back to the cluster, which disposes of them.</summary>
    public void End() => cluster.Silos.AddRange(_away);

    private void Take(List<SiloProcess> joining, int count, bool isSmall)
    {
        for (; count > 0; count--)
        {
            var silo = _away.Count > 0 ? _away[0] : new SiloProcess(cluster, cluster.Silos.Count);
            _away.Remove(silo);
            if (isSmall) small.Add(silo.Number);
            else small.Remove(silo.Number);
            cluster.Silos.Add(silo);
            joining.Add(silo);
        }
    }

    private async Task LeaveAsync(int count, bool isSmall)
    {
        for (; count > 0; count--)
        {
            SiloProcess[] those = [.. cluster.Silos.Where(s => small.Contains(s.Number) == isSmall)];
            var silo = those[_random.NextInt(those.Length)];
            if (_random.NextInt(2) == 0) await silo.LeaveAsync(s_patience);
            else await silo.PreemptAsync(s_patience);
            cluster.Silos.Remove(silo);
            _away.Add(silo);
            Count = (Count.Joined, Count.Left + 1);
        }
    }

    private async Task<bool> PlacedAsync(ReplicaLayout layout)
    {
        var watch = Stopwatch.StartNew();
        RunStatus? last = null;
        while (watch.Elapsed < s_patience)
        {
            if (await driver.StatusAsync() is { } status)
            {
                if (status.State == RunState.Succeeded) return false;
                var trains = status.State == RunState.Running && status.Step > status.ManifestStep;
                if (trains && ReplicaLayout.Of(status) == layout.ToString()) return true;
                last = status;
            }

            await Task.Delay(20);
        }

        throw new TimeoutException($"the run does not train as {layout}; last seen: {last}, {(last is null ? "" : ReplicaLayout.Of(last))}");
    }
}
