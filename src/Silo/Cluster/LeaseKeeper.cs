using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Shows in the store that this cluster, or process, works on the runs whose grain is on this silo, so that another one on the same store
/// does not take one of them by mistake.
/// </summary>
internal sealed partial class LeaseKeeper(
    IBlobStore store, IClusterView cluster, LeaseScope scope, LocalRuns runs, LeaseOptions lease, TimeProvider time,
    ILogger<LeaseKeeper> logger)
        : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Task<RunLease>> _leases = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, time);
        try
        {
            do
            {
                string[] names = [.. runs.Names.Where(n => n != scope.Except)];
                foreach (var name in names.Where(n => !_leases.ContainsKey(n))) _leases.Add(name, AcquireAsync(name, stoppingToken));
                foreach (var (name, lease) in _leases.Where(l => l.Value.IsCompleted).ToArray())
                    if (!lease.IsCompletedSuccessfully || (await lease).Lost.IsCancellationRequested || !names.Contains(name))
                        await ReleaseAsync(name);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }

        foreach (var name in _leases.Keys.ToArray()) await ReleaseAsync(name);
    }

    // Within a cluster, a lease goes from silo to silo without waiting.
    private Task<RunLease> AcquireAsync(string name, CancellationToken cancellationToken) =>
        RunLease.AcquireAsync(
            store, name, cluster.Holder, takeOver: false, lease with { Unheard = (run, e) => LogUnheard(run, e.Message) }, time, cancellationToken);

    private async Task ReleaseAsync(string name)
    {
        _leases.Remove(name, out var lease);
        try
        {
            await (await lease!).DisposeAsync();
        }
        catch (Exception e)
        {
            // Somebody else has the lease, or the store cannot be reached: the next round tries again, and commits are fenced
            // in any case.
            LogNotHeld(name, e.Message);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Run {Run} goes on, but the store does not learn that it is being trained, so another cluster may take it: {Reason}")]
    private partial void LogUnheard(string run, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Run {Run}: the store could not be told that this cluster works on it: {Reason}")]
    private partial void LogNotHeld(string run, string reason);
}
