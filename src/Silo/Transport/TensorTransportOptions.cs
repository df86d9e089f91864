using System.Net;

namespace LisaOrleans.Silo;

/// <summary>How a silo's tensors travel to other silos.</summary>
public sealed record TensorTransportOptions
{
    /// <value>Address to listen on. Default loopback.</value>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <value>Port to listen on; 0 (default) for any free one.</value>
    public int Port { get; init; }

    /// <value>What may hold that port until the silo listens; null (default) for nothing.</value>
    public PortReservation? Ports { get; init; }

    /// <value>Address that other silos are told. Default null: <see cref="Address"/>.</value>
    public IPAddress? AdvertisedAddress { get; init; }

    /// <value>Port that other silos are told. Default 0: the one that this silo listens on.</value>
    public int AdvertisedPort { get; init; }

    /// <value>The secret that both ends must know.</value>
    public required ReadOnlyMemory<byte> Secret { get; init; }

    /// <value>Certificates of both ends; null (default) to send unencrypted.</value>
    internal TlsCredentials? Tls { get; init; }

    /// <value>Largest tensor that is sent or taken. Default 4 GiB.</value>
    public long MaxTensorBytes { get; init; } = 4L << 30;

    /// <value>How long a transfer may stand still before it counts as failed. Default 5 s.</value>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <value>Tries after the first if a connection breaks or is refused. Default 3.</value>
    public int Retries { get; init; } = 3;

    /// <value>Pause before the first repetition; each later one is about twice as long. Default 50 ms.</value>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <value>Longest pause. Default 300 ms.</value>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMilliseconds(300);

    /// <value>Longest time for one try, however steadily it moves. Default 5 min.</value>
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <value>How long a tensor waits to be claimed before it is freed. Default 10 min.</value>
    public TimeSpan TicketLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <value>Simultaneous transfers from one other silo. Default 4.</value>
    public int ConnectionsPerSilo { get; init; } = 4;
}
