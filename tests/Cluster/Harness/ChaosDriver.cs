using System.Diagnostics;
using LisaOrleans.Data;

namespace LisaOrleans.Cluster;

/// <summary>
/// Does to a cluster what a seeded schedule says while a run trains on it, one thing after the other, and waits after each
/// until the run has made new steps. Which thing comes when is fixed by the seed; the exact moment is the machine's.
/// </summary>
internal sealed class ChaosDriver(TestCluster cluster, string run, ulong seed, Action<string> say)
{
    private const int MaxSilos = 6;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(6);

    // After a while a place that died gets a new process, as any orchestrator would give it.
    private static readonly TimeSpan s_revival = TimeSpan.FromSeconds(20);

    private readonly CounterRandom _random = new(seed, 1);

    public ChaosReport Report { get; } = new();

    /// <value>The most steps in peace before each thing. Default 4.</value>
    public int Peace { get; init; } = 4;

    /// <value>
    /// Called when the run goes on after something, with its status before and then: before whatever died is started again. Default: nothing.
    /// </value>
    public Func<ChaosAction, RunStatus, RunStatus, Task> Recovered { get; init; } = (_, _, _) => Task.CompletedTask;

    /// <summary>The run's step, or null while nobody answers.</summary>
    public async Task<RunStatus?> StatusAsync()
    {
        try
        {
            return await cluster.Run(run).GetStatus().WaitAsync(TimeSpan.FromSeconds(3));
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Carries out a schedule. False where the run was over first.</summary>
    public async Task<bool> PlayAsync(IReadOnlyList<ChaosAction> schedule)
    {
        foreach (var action in schedule)
        {
            // Some steps in peace first, so that each thing happens to a run that works.
            if (await ProgressAsync(steps: 1 + _random.NextInt(Peace)) is not { } before) return false;
            await Task.Delay(_random.NextInt(150));
            say($"step {before.Step}: {action}");
            Report.Actions[action] = Report.Actions.GetValueOrDefault(action) + 1;
            var watch = Stopwatch.StartNew();
            await DoAsync(action);
            if (await NextStepAsync(before, watch) is not { } next) return false;
            var (after, seconds, lost) = next;
            if (action is ChaosAction.Kill or ChaosAction.KillOwner)
            {
                Report.KillSeconds.Add(seconds);
                Report.KillSecondsOfTwo.Add(watch.Elapsed.TotalSeconds);
                Report.LostByKill.Add(lost);
            }

            if (action is ChaosAction.Freeze) Report.FreezeSeconds.Add(seconds);
            if (action is ChaosAction.Leave or ChaosAction.Preempt) Report.LostByNotice.Add(lost);
            say(
                $"  next step after {seconds:0.0} s, step {after.Step} after {watch.Elapsed.TotalSeconds:0.0} s, {lost} lost; "
                + $"generation {after.Generation}, {after.Stages.Count} stages");
            await Recovered(action, before, after);
            await RestoreAsync();
        }

        return true;
    }

    /// <summary>Waits for the run's end.</summary>
    public async Task<RunStatus> EndAsync()
    {
        while (await ProgressAsync(steps: 1) is not null)
        {
        }

        RunStatus? end;
        while ((end = await StatusAsync()) is null) await Task.Delay(100);
        return end;
    }

    private async Task DoAsync(ChaosAction action)
    {
        var silo = Live()[_random.NextInt(Live().Count)];
        switch (action)
        {
            case ChaosAction.Kill:
                await Kill(silo);
                break;
            case ChaosAction.KillOwner:
                await Kill(await OwnerAsync() ?? silo);
                break;
            case ChaosAction.KillInRecovery:
                await Kill(silo);
                await Task.Delay(500 + _random.NextInt(1500));
                if (Live().Count > 1) await Kill(Live()[_random.NextInt(Live().Count)]);
                break;
            case ChaosAction.Freeze:
                silo.Freeze();
                break;
            case ChaosAction.Stutter:
                silo.Freeze();
                await Task.Delay(300);
                silo.Thaw();
                break;
            case ChaosAction.Leave:
                await silo.LeaveAsync(s_patience);
                break;
            case ChaosAction.Preempt:
                await silo.PreemptAsync(s_patience);
                break;
            case ChaosAction.Join when cluster.Silos.Count < MaxSilos:
                var joined = cluster.Add();
                joined.Start();
                await joined.ReadyAsync(s_patience);
                break;
            case ChaosAction.RestartRedis:
                await cluster.Redis.StopAsync();
                await Task.Delay(500);
                await cluster.Redis.StartAsync();
                break;
            case ChaosAction.RestartAzurite when cluster.Faults is not null:
                await cluster.RestartAzuriteAsync();
                break;
            case ChaosAction.BlobFaults when cluster.Faults is { } faults:
                foreach (var fault in Enum.GetValues<BlobFault>()) faults.Order(fault);
                break;
            case ChaosAction.LoseAll:
                await Task.WhenAll(Live().Select(Kill));
                await cluster.Redis.LoseAsync();
                await cluster.Redis.StartAsync();
                await RestoreAsync();
                await cluster.ConnectAsync();
                break;
        }
    }

    private async Task Kill(SiloProcess silo)
    {
        await silo.KillAsync();
        Report.Kills++;
    }

    // Frozen silos wake up, and every place has a process again.
    private async Task RestoreAsync()
    {
        foreach (var silo in cluster.Silos.Where(s => s.Frozen)) silo.Thaw();
        foreach (var silo in cluster.Silos) silo.Start();
        foreach (var silo in cluster.Silos.Where(s => s.Running)) await ReadyOrGone(silo);
    }

    // A silo that was frozen past its declared death ends itself; then a new process takes its place.
    private static async Task ReadyOrGone(SiloProcess silo)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await silo.ReadyAsync(TimeSpan.FromSeconds(30));
                return;
            }
            catch (Exception e) when (attempt < 5 && e is InvalidOperationException or OperationCanceledException)
            {
                if (silo.Running) await silo.KillAsync();
                silo.Start();
            }
        }
    }

    private async Task<SiloProcess?> OwnerAsync()
    {
        var address = await cluster.OwnerAsync(run);
        return Live().Find(s => s.Address == address);
    }

    private List<SiloProcess> Live() => [.. cluster.Silos.Where(s => s.Running && !s.Frozen)];

    private async Task<RunStatus?> ProgressAsync(int steps)
    {
        RunStatus? first = null;
        return await WaitAsync(status =>
        {
            first ??= status;
            return status.Step >= first.Step + steps;
        });
    }

    // Seconds until the first committed step that the run had not made before, and the status when there is one more. A step that was under
    // way may still be committed by the old generation: it does not show that the run goes on, but either the next of a new generation
    // does or the next but one. Those that a new generation repeats do not count.
    private async Task<(RunStatus After, double Seconds, long Lost)?> NextStepAsync(RunStatus before, Stopwatch watch)
    {
        var (lost, made, generation, next) = (0L, before.Step, before.Generation, (double?)null);
        var after = await WaitAsync(status =>
        {
            // What a generation is first seen with, its manifest's step, was made before it.
            var renewed = status.Generation > before.Generation;
            if (renewed) lost = Math.Max(lost, before.Step - Math.Min(before.Step, status.ManifestStep));
            if (!renewed || status.Generation > generation) made = Math.Max(made, renewed ? status.ManifestStep : status.Step);
            generation = Math.Max(generation, status.Generation);
            if (status.State != RunState.Running || status.Step <= (renewed ? made : before.Step + 1)) return false;
            next ??= watch.Elapsed.TotalSeconds;
            return status.Step > before.Step + 1;
        });
        return after is null ? null : (after, next!.Value, lost);
    }

    // Null when the run is over.
    private async Task<RunStatus?> WaitAsync(Func<RunStatus, bool> reached)
    {
        var watch = Stopwatch.StartNew();
        RunStatus? last = null;
        while (watch.Elapsed < s_patience)
        {
            if (await StatusAsync() is { } status)
            {
                if (IsOver(status)) return null;
                if (reached(status)) return status;
                last = status;
            }

            if (watch.Elapsed > s_revival) Revive();
            await Task.Delay(20);
        }

        throw new TimeoutException($"the run made no new step in {s_patience.TotalMinutes} min; last seen: {last}; {Live().Count} silos are alive");
    }

    private void Revive()
    {
        foreach (var silo in cluster.Silos.Where(s => !s.Frozen)) silo.Start();
    }

    private static bool IsOver(RunStatus status) => status.State switch
    {
        RunState.Succeeded => true,
        RunState.Failed or RunState.Cancelled or RunState.Paused =>
            throw new InvalidOperationException($"the run ended as {status.State}: {status.Error}"),
        _ => false,
    };
}
