using LisaOrleans.Grains;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace LisaOrleans.Silo;

/// <summary>
/// Takes everything away from this silo before it leaves, once: runs whose grain is here are handed to another silo, and parts
/// move at their run's next step boundary. Runs that have nothing here are told, too. A preemption notice begins it, or the host when it is
/// told to stop.
/// </summary>
internal sealed partial class SiloDrain(
    ClusterSiloOptions options, ILocalSiloDetails silo, IClusterView cluster, IGrainFactory grains, LocalRuns runs, LocalParts parts,
    ILogger<SiloDrain> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private Task? _drain;

    /// <summary>Whether this silo is about to leave.</summary>
    public bool Begun => runs.AreLeaving;

    /// <summary>Moves everything away; ends when that is done or the time is up.</summary>
    /// <returns>Whether nothing is left here.</returns>
    public async Task<bool> DrainAsync()
    {
        lock (_lock)
        {
            runs.Leave();
            _drain ??= Task.Run(DrainOnce);
        }

        await _drain.ConfigureAwait(false);
        return runs.Names.Count == 0 && parts.Runs.Count == 0;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => DrainAsync();

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task DrainOnce()
    {
        var address = silo.SiloAddress.ToParsableString();
        var names = runs.Names.Union(parts.Runs).ToArray();
        LogDraining(names.Length);
        using var time = new CancellationTokenSource(options.DrainTimeout);
        await Task.WhenAll(names.Select(name => Away(name, address, time.Token)).Append(TellOthers(names, address, time.Token)))
            .ConfigureAwait(false);

        // The runs have moved on; the parts that were here are being let go of.
        while (parts.Runs.Count > 0 && !time.IsCancellationRequested)
            await Task.Delay(s_pause, time.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        LogDrained(runs.Names.Count, parts.Runs.Count);
    }

    // Runs that have nothing here may be just about to place parts here: they are to leave this silo out.
    private async Task TellOthers(IEnumerable<string> names, string address, CancellationToken cancellationToken)
    {
        try
        {
            var queue = await grains.GetGrain<IRunQueueGrain>(0).GetQueue().WaitAsync(cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(queue.Select(e => e.Run).Except(names).Select(
                name => grains.GetGrain<IRunGrain>(name).Drain(address, cancellationToken))).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Whoever uses it nevertheless goes back to its last manifest when it is gone.
            LogNotTold(e);
        }
    }

    private async Task Away(string name, string address, CancellationToken cancellationToken)
    {
        try
        {
            var run = grains.GetGrain<IRunGrain>(name);
            // Repeated in case somebody started the run here in the meantime.
            while (runs.Names.Contains(name))
            {
                HashSet<string> leaving = [address];
                var other = Hint(leaving);
                await run.HandOver().WaitAsync(cancellationToken).ConfigureAwait(false);

                // If all silos leave, the manifest is in the store, and the next silo to come finds it.
                while (other is not null && await run.Resume([address]).WaitAsync(cancellationToken).ConfigureAwait(false) is { } refused)
                {
                    // Either that one is leaving, too, or the run's grain is still here, on its way there.
                    leaving.Add(refused);
                    await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
                    other = Hint(leaving);
                }

                RequestContext.Remove(IPlacementDirector.PlacementHintKey);
                if (other is null) return;
            }

            await run.Drain(address, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The rest of the cluster can cope with a silo that leaves without notice; this one cannot wait any longer.
            LogFailed(e, name);
        }
    }

    // Names a silo that stays, of role control if any is, to whoever places the run's grain in the calls that follow; null if there is none.
    private SiloAddress? Hint(HashSet<string> leaving)
    {
        var other = cluster.Members().Where(m => m.State == MemberState.Active && !leaving.Contains(m.Address))
            .OrderByDescending(m => m.Roles.Contains(SiloRoles.Control)).ThenBy(m => SiloAddress.FromParsableString(m.Address))
            .Select(m => SiloAddress.FromParsableString(m.Address)).FirstOrDefault();
        if (other is null) RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        else RequestContext.Set(IPlacementDirector.PlacementHintKey, other);
        return other;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Leaving: moving {Runs} runs away")]
    private partial void LogDraining(int runs);

    [LoggerMessage(Level = LogLevel.Information, Message = "Drained; {Runs} run grains and parts of {Parts} runs are left here")]
    private partial void LogDrained(int runs, int parts);

    [LoggerMessage(Level = LogLevel.Information, Message = "Not every run that has nothing here could be told")]
    private partial void LogNotTold(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Run {Run} could not be moved away in time")]
    private partial void LogFailed(Exception exception, string run);
}
