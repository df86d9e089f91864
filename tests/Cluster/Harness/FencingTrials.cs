using System.Diagnostics;
using LisaOrleans.Checkpoints;

namespace LisaOrleans.Cluster;

/// <summary>
/// Freezes the silo that a run's own grain is on until others have taken the run over and committed, wakes it, and looks at
/// what it does: it has to be refused by the store, or to end itself, and the run's head must never go back to it.
/// </summary>
internal sealed class FencingTrials(TestCluster cluster, string run, IBlobStore store, ulong seed, Action<string> say)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(6);

    private readonly Random _random = new((int)seed);

    /// <summary>Tries in which the woken silo was told by the store that the run is another's.</summary>
    public int Refused { get; private set; }

    /// <summary>Tries in which it ended itself, as a silo does that hears of its own death, before it came to the store.</summary>
    public int Stopped { get; private set; }

    public async Task RunAsync(int tries)
    {
        for (var i = 1; i <= tries; i++)
        {
            var (silo, before) = await FreezeAsync();

            // Others have declared it dead, taken the run over, and committed.
            var taken = await HeadAsync(before, null, h => h.Owner != before.Owner && h.Step > before.Step);
            var said = new FileInfo(silo.LogFile).Length;
            silo.Thaw();
            await HeadAsync(taken, before.Owner, _ => !silo.Running || Refusal(silo, said));
            var refused = Refusal(silo, said);
            if (refused) Refused++;
            else Stopped++;

            // Whatever it still had under way is in the store by now, or never will be.
            var after = await HeadAsync(taken, before.Owner, h => h.Step > taken.Step + 2 && !silo.Running);
            say($"try {i}: silo {silo.Number} frozen at step {before.Step} of generation {before.Generation}, woken at {taken.Step} of "
                + $"{taken.Generation}: "
                + (refused ? "refused by the store" : "ended itself") + $"; now {after.Step} of {after.Generation}");
        }
    }

    private async Task<(SiloProcess Silo, RunHead Head)> FreezeAsync()
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < s_patience)
        {
            foreach (var silo in cluster.Silos) silo.Start();
            var address = await OwnerAsync();
            if (cluster.Silos.Find(s => s.Running && s.Address == address) is { } owner && await SeenAsync() is { } status && Others(owner, status))
            {
                await Task.Delay(_random.Next(300));
                owner.Freeze();
                return (owner, (await RunStore.ReadHeadAsync(store, run, CancellationToken.None))!);
            }

            await Task.Delay(100);
        }

        throw new TimeoutException($"the run had no owner for {s_patience.TotalMinutes} min; {cluster.Logs()}");
    }

    // Somebody must be there to take over.
    private static bool Others(SiloProcess owner, RunStatus status) =>
        status.State == RunState.Running && status.Stages.Any(s => !s.Silo.StartsWith(owner.Address + "@", StringComparison.Ordinal));

    private async Task<string?> OwnerAsync()
    {
        try
        {
            return await cluster.OwnerAsync(run).WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return null;
        }
    }

    private async Task<RunStatus?> SeenAsync()
    {
        try
        {
            return await cluster.Run(run).GetStatus().WaitAsync(TimeSpan.FromSeconds(10));
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return null;
        }
    }

    // Reads the head until it is as wanted; it may only go forward, and never be one of the owner that was replaced.
    private async Task<RunHead> HeadAsync(RunHead from, string? replaced, Func<RunHead, bool> wanted)
    {
        var watch = Stopwatch.StartNew();
        var last = from;
        while (watch.Elapsed < s_patience)
        {
            var head = (await RunStore.ReadHeadAsync(store, run, CancellationToken.None))!;
            if (head.Generation < last.Generation || head.Step < last.Step || (replaced is not null && head.Owner == replaced))
                throw new InvalidOperationException($"the head went from {last} to {head}");
            if (wanted(head)) return head;
            last = head;
            await Task.Delay(5);
        }

        throw new TimeoutException($"the head is {last} for {s_patience.TotalMinutes} min; {cluster.Logs()}");
    }

    private static bool Refusal(SiloProcess silo, long from)
    {
        using var log = new FileStream(silo.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Position = from;
        return new StreamReader(log).ReadToEnd().Contains("is no longer worked on here", StringComparison.Ordinal);
    }
}
