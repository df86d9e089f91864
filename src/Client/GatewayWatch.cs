namespace LisaOrleans.Client;

/// <summary>
/// Tells when a connection to a gateway has broken: calls that went through it get no answer any more, and Orleans would wait
/// for one until its time is up.
/// </summary>
internal sealed class GatewayWatch
{
    private CancellationTokenSource _lost = new();

    /// <summary>Cancelled when the next connection breaks.</summary>
    public CancellationToken Lost => Volatile.Read(ref _lost).Token;

    /// <summary>Told by Orleans whenever a connection to a gateway comes or goes.</summary>
    public void OnCountChanged(object? sender, GatewayCountChangedEventArgs change)
    {
        if (change.NumberOfConnectedGateways < change.PreviousNumberOfConnectedGateways) Break();
    }

    // Those who wait hold its token, so it is not disposed of; it has neither timer nor handle.
    internal void Break() => Interlocked.Exchange(ref _lost, new CancellationTokenSource()).Cancel();
}
