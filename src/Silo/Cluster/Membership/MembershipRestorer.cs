using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LisaOrleans.Silo;

/// <summary>
/// Writes the cluster's membership again if it was lost. Otherwise the silos would continue with what they remember, but nobody
/// could find them, and the next silo to start would form a cluster of its own and take their runs.
/// </summary>
internal sealed partial class MembershipRestorer(
    IMembershipTable table, IClusterMembershipService membership, ILocalSiloDetails silo, ClusterSiloOptions options,
    TimeProvider time, ILogger<MembershipRestorer> logger) : BackgroundService
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(2);

    // How many times to wait for a missing silo before it counts as gone with the table.
    private const int MostWaits = 3;

    private readonly SemaphoreSlim _one = new(1, 1);

    // The rows of the silos that were alive when the table was last complete.
    private IReadOnlyList<MembershipEntry> _rows = [];
    private int _waits;

    public override void Dispose()
    {
        base.Dispose();
        _one.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(LookEachPeriodAsync(stoppingToken), LookAtEachChangeAsync(stoppingToken));

    private async Task LookEachPeriodAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false)) await TryLookAsync(stoppingToken).ConfigureAwait(false);
    }

    // A silo that has just joined must be restored too, and must know what it would have to restore.
    private async Task LookAtEachChangeAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var _ in membership.MembershipUpdates.WithCancellation(stoppingToken).ConfigureAwait(false))
                await TryLookAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // The silo has ended before its host, as when the host failed to start: nothing is left to be restored.
        }
    }

    private async Task TryLookAsync(CancellationToken stoppingToken)
    {
        await _one.WaitAsync(stoppingToken).ConfigureAwait(false);
        try
        {
            await LookAsync(stoppingToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // The table cannot be reached; whether it has lost anything shows when it is back.
            LogUnread(e.Message);
        }
        finally
        {
            _one.Release();
        }
    }

    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        var read = await ReadAsync(cancellationToken).ConfigureAwait(false);
        var known = membership.CurrentSnapshot;
        if (read is not null && Contains(read, silo.SiloAddress) && read.Version.Version >= known.Version.Value)
        {
            _rows = [.. read.Members.Select(m => m.Item1).Where(e => e.Status == SiloStatus.Active)];
            _waits = 0;
            return;
        }

        // Before this silo has joined, and when it leaves, there is nothing to restore.
        if (_rows.Count == 0 || known.GetSiloStatus(silo.SiloAddress) != SiloStatus.Active) return;
        if (read is null || !Contains(read, silo.SiloAddress)) LogLost(options.Membership.Name, _rows.Count);
        if (await RestoreAsync(cancellationToken).ConfigureAwait(false)) LogRestored(options.Membership.Name);
    }

    // Null if there is no table at all: only an explicit request creates it again.
    private async Task<MembershipTableData?> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await table.ReadAllAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (options.Membership.IsForgotten(e))
        {
            return null;
        }
    }

    // Writes all rows first, and only then a version that the silos have not seen yet, so that no silo ever acts on a partial
    // table. False if a living silo still has to add its row, which only that silo knows.
    private async Task<bool> RestoreAsync(CancellationToken cancellationToken)
    {
        await table.InitializeMembershipTableAsync(true, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (read, known) = (await table.ReadAllAsync(cancellationToken).ConfigureAwait(false), membership.CurrentSnapshot);
            if (read.Version.Version > known.Version.Value) return true;
            var next = read.Version.Next();
            if (_rows.FirstOrDefault(e => !Contains(read, e.SiloAddress) && known.GetSiloStatus(e.SiloAddress) == SiloStatus.Active) is { } missing)
            {
                await table.InsertRowAsync(missing, next, cancellationToken).ConfigureAwait(false);
                continue;
            }

            if (known.Members.Values.Any(m => m.Status == SiloStatus.Active && !Contains(read, m.SiloAddress)) && _waits < MostWaits)
            {
                _waits++;
                return false;
            }

            if (read.TryGet(silo.SiloAddress) is not { } own) return false;
            await table.UpdateRowAsync(own.Item1, own.Item2, next, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool Contains(MembershipTableData read, SiloAddress address) => read.Members.Any(m => m.Item1.SiloAddress.Equals(address));

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Store} has lost the cluster's membership; writing it again with {Silos} silos")]
    private partial void LogLost(string store, int silos);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "{Store} has the cluster's membership again. If this happens often, see to it that it keeps its data: see docs/reliability.md")]
    private partial void LogRestored(string store);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The membership could not be read: {Reason}")]
    private partial void LogUnread(string reason);
}
