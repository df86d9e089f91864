using LisaOrleans.Cluster;

namespace LisaOrleans.Bench;

/// <summary>
/// Watches a run while others disturb it: the layouts that it trains in, when its steps come, and the most bytes of optimizer state in all
/// silos together.
/// </summary>
internal sealed class RunObserver : IAsyncDisposable
{
    // A generation is first seen with the step of its manifest; what follows begins with the loading of parts.
    private const int Settling = 1;

    // How many intervals between steps a speed is taken from, at most.
    private const int Window = 6;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _over = new();
    private readonly ChaosDriver _driver;
    private readonly TestCluster _cluster;
    private readonly string _run;
    private readonly Task _looking;

    // When which step of which generation was first seen; and for each generation, in which layout it trained.
    private readonly List<(DateTimeOffset At, long Step, long Generation)> _steps = [];
    private readonly SortedDictionary<long, string> _layouts = [];

    public RunObserver(TestCluster cluster, string run)
    {
        (_cluster, _run, _driver) = (cluster, run, new ChaosDriver(cluster, run, seed: 0, _ => { }));
        _looking = LookAsync();
    }

    /// <summary>The most bytes of optimizer state that were seen, over all silos.</summary>
    public long OptimizerBytes { get; private set; }

    /// <summary>How often they were looked at.</summary>
    public int Looks { get; private set; }

    /// <summary>The layouts in which the run made steps, in their order.</summary>
    public IReadOnlyList<string> Layouts
    {
        get
        {
            lock (_steps) return [.. _layouts.Values];
        }
    }

    /// <summary>Steps per second of a generation lately, before a moment; null where it has made fewer than so many.</summary>
    public double? SpeedBefore(long generation, DateTimeOffset moment, int least)
    {
        lock (_steps)
        {
            var own = _steps.Where(s => s.Generation == generation && s.At <= moment).Skip(Settling).TakeLast(Window + 1).ToArray();
            return own.Length > least ? (own[^1].Step - own[0].Step) / (own[^1].At - own[0].At).TotalSeconds : null;
        }
    }

    /// <summary>Steps per second from a step on until the last one that was seen before a moment; null where there was none.</summary>
    public double? SpeedFrom(RunStatus step, DateTimeOffset until)
    {
        lock (_steps)
        {
            var own = _steps.Where(s => s.Generation == step.Generation && s.Step >= step.Step && s.At <= until).ToArray();
            return own.Length > 1 ? (own[^1].Step - own[0].Step) / (own[^1].At - own[0].At).TotalSeconds : null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _looking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
        if (_looking.IsFaulted) throw _looking.Exception;
    }

    private async Task LookAsync()
    {
        for (var look = 0; !_over.IsCancellationRequested; look++)
        {
            if (await _driver.StatusAsync() is { State: RunState.Running } status)
            {
                Note(status);
                if (look % 16 == 0) await Weigh(status);
            }

            await Task.Delay(s_look, _over.Token);
        }
    }

    private void Note(RunStatus status)
    {
        lock (_steps)
        {
            if (_steps.Count > 0 && (_steps[^1].Step, _steps[^1].Generation) == (status.Step, status.Generation)) return;
            _steps.Add((DateTimeOffset.UtcNow, status.Step, status.Generation));
            if (status.Step > status.ManifestStep) _layouts[status.Generation] = ReplicaLayout.Of(status);
        }
    }

    // Between two looks at the same step no layer has fallen asleep and another one begun to train.
    private async Task Weigh(RunStatus before)
    {
        try
        {
            var memory = await _cluster.Run(_run).GetMemory().WaitAsync(s_patience);
            if (await _driver.StatusAsync() is not { State: RunState.Running } after) return;
            if ((before.Step, before.Generation) != (after.Step, after.Generation)) return;
            OptimizerBytes = Math.Max(OptimizerBytes, memory.Values.Sum(m => m.Optimizer));
            Looks++;
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or OperationCanceledException)
        {
            // A silo has just died; the next look is at what is left.
        }
    }
}
