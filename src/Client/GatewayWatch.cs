namespace LisaOrleans.Client;

/// <summary>
/// Tells when a connection to a gateway has broken: calls made through it will not be answered, but Orleans would wait
/// until they time out.
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

    // Whoever waits holds its token, so it is not disposed of; it owns neither a timer nor a handle.
    internal void Break() => Interlocked.Exchange(ref _lost, new CancellationTokenSource()).Cancel();
}
