using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Keeps a silo from forming a cluster of its own when the membership of a living cluster has just been lost: it would take
/// that cluster's runs before the others have written their membership again (<see cref="MembershipRestorer"/>). The blob store
/// shows whether there is such a cluster: it then has a run of this cluster whose lease is still being renewed.
/// </summary>
internal sealed partial class LostClusterGuard(
    IMembershipTable table, IBlobStore store, ILocalSiloDetails silo, ClusterSiloOptions options,
    LeaseOptions lease, TimeProvider time, ILogger<LostClusterGuard> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    // By then, Orleans has created the table, and this silo is not in it yet.
    private const int Stage = ServiceLifecycleStage.RuntimeGrainServices + 1;

    // Long enough: a restorer looks every two seconds.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(LostClusterGuard), Stage, WaitAsync);

    /// <summary>Waits until the membership holds the others, if there are any.</summary>
    /// <exception cref="MembershipUnusableException">They are alive, but do not appear in the membership.</exception>
    internal async Task WaitAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        var said = false;
        while (!await KnowsOthersAsync().ConfigureAwait(false))
        {
            var runs = await FindRunsAsync(cancellationToken).ConfigureAwait(false);
            if (await FindLivingAsync(runs, cancellationToken).ConfigureAwait(false) is not { } run)
            {
                await Task.WhenAll(runs.Select(r => EndLeaseAsync(r, cancellationToken))).ConfigureAwait(false);
                return;
            }

            if (time.GetElapsedTime(asked) > s_patience)
            {
                throw new MembershipUnusableException(
                    $"{options.Membership.Name} knows no silo of cluster '{options.ClusterId}', but silos of that name are training run '{run}' in "
                    + $"{store.Location}; give this silo what they use to find each other (--redis or --azure-tables), or another --cluster-id");
            }

            if (!said) LogWaits(options.Membership.Name, options.ClusterId, run);
            said = true;
        }
    }

    private async Task<bool> KnowsOthersAsync()
    {
        var read = await table.ReadAllAsync().ConfigureAwait(false);
        return read.Members.Any(m => m.Item1.Status == SiloStatus.Active && !m.Item1.SiloAddress.Equals(silo.SiloAddress));
    }

    private ValueTask<List<string>> FindRunsAsync(CancellationToken cancellationToken) =>
        ActiveRuns.ListAsync(store, options.ClusterId, e => LogDamaged(e.Message), cancellationToken)
            .Select(h => h.Run).ToListAsync(cancellationToken);

    private async Task<string?> FindLivingAsync(IReadOnlyList<string> runs, CancellationToken cancellationToken)
    {
        var beats = await Task.WhenAll(runs.Select(r => IsBeatingAsync(r, cancellationToken))).ConfigureAwait(false);
        return runs.Where((_, i) => beats[i]).FirstOrDefault();
    }

    private async Task<bool> IsBeatingAsync(string run, CancellationToken cancellationToken)
    {
        try
        {
            return await RunLease.IsBeatingAsync(store, run, options.ClusterId, lease, time, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataFileException e)
        {
            // A living holder will write the lease again.
            LogDamaged(e.Message);
            return false;
        }
    }

    private async Task EndLeaseAsync(string run, CancellationToken cancellationToken)
    {
        try
        {
            await HeldRuns.EndAsync(store, run, options.ClusterId, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whoever goes on with the run waits for a sign of those that are gone.
            LogNotEnded(run, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The lease of run {Run} could not be ended: {Reason}")]
    private partial void LogNotEnded(string run, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A run of the store cannot be gone on with: {Reason}")]
    private partial void LogDamaged(string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Store} knows no silo of cluster {Cluster}, whose run {Run} is being trained: waiting for its silos to write "
            + "themselves there again")]
    private partial void LogWaits(string store, string cluster, string run);
}
