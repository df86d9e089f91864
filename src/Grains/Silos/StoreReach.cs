using LisaOrleans.Checkpoints;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Placement;

namespace LisaOrleans.Grains;

/// <summary>
/// Whether this silo reaches the store. Where it alone does not, because its mount or its network is gone or it gets no token any more, the
/// grains that need the store move to silos that do.
/// </summary>
public sealed partial class StoreReach(
    IBlobStore store, IClusterView cluster, ILocalSiloDetails silo, IGrainFactory grains, TimeProvider time, ILogger<StoreReach> logger)
    : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _end = new();
    private int _lost;

    /// <summary>Whether the store could not be reached when this was last looked at. From then on it is looked at until it can.</summary>
    public bool IsLost => Volatile.Read(ref _lost) != 0;

    /// <summary>Whether the store can be reached now. Found out within seconds: one that takes longer counts as out of reach.</summary>
    public async Task<bool> Look()
    {
        try
        {
            // A folder whose server is gone may block its thread.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            patience.CancelAfter(s_patience);
            var found = await Task.Run(() => StoreFormat.ReadAsync(store, patience.Token)).WaitAsync(s_patience, time);
            return found is not null ? Found() : Lost("it has no store.json");
        }
        catch (Exception e) when (!_end.IsCancellationRequested)
        {
            return Lost(e is TimeoutException or OperationCanceledException ? "it does not answer" : e.Message);
        }
    }

    /// <summary>
    /// A silo that reaches the store while this one does not, of role control if any is. Null where this one does, or no other is known to.
    /// </summary>
    public async Task<SiloAddress?> FindBetter()
    {
        if (cluster.ClusterId is null || await Look()) return null;
        var here = silo.SiloAddress.ToParsableString();
        var others = cluster.Members().Where(m => m.State == MemberState.Active && m.Address != here)
            .OrderByDescending(m => m.Roles.Contains(ControlPlacement.Role)).Select(m => m.Address).ToArray();
        var reach = await Task.WhenAll(others.Select(IsReachedFrom));
        return others.Where((_, i) => reach[i]).Select(SiloAddress.FromParsableString).FirstOrDefault();
    }

    /// <summary>Lets a grain go to a silo that reaches the store, as soon as it answers no call any more.</summary>
    /// <param name="grain">The grain.</param>
    /// <returns>False where it stays, because this silo reaches the store, or no other is known to.</returns>
    public async Task<bool> MoveAway(IGrainBase grain)
    {
        if (await FindBetter() is not { } better) return false;
        RequestContext.Set(IPlacementDirector.PlacementHintKey, better);
        grain.MigrateOnIdle();
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    private async Task<bool> IsReachedFrom(string other)
    {
        try
        {
            return await grains.GetGrain<ISiloGrain>(other).ReachesStore().WaitAsync(s_patience * 2, time);
        }
        catch (Exception)
        {
            // It may just have died.
            return false;
        }
    }

    private bool Found()
    {
        if (Interlocked.Exchange(ref _lost, 0) != 0) LogFound(store.Location);
        return true;
    }

    private bool Lost(string reason)
    {
        if (Interlocked.Exchange(ref _lost, 1) != 0) return false;
        LogLost(store.Location, reason);
        Task.Run(WaitUntilFound).Ignore();
        return false;
    }

    private async Task WaitUntilFound()
    {
        do await Task.Delay(s_pause, time, _end.Token);
        while (!await Look());
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "This silo does not reach the store at {Store}; until it does, others that do lead the runs: {Reason}")]
    private partial void LogLost(string store, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "This silo reaches the store at {Store} again")]
    private partial void LogFound(string store);
}
