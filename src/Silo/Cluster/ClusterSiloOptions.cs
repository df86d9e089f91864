using System.Net;
using LisaOrleans.Checkpoints;
using LisaOrleans.Training;

namespace LisaOrleans.Silo;

/// <summary>A silo of a cluster.</summary>
public sealed record ClusterSiloOptions
{
    /// <value>Silos with the same id find each other.</value>
    public required string ClusterId { get; init; }

    /// <value>Where silos find each other: Redis, or tables of Azure Storage.</value>
    public required IMembershipStore Membership { get; init; }

    /// <value>The blob store; not owned.</value>
    public required IBlobStore Store { get; init; }

    /// <value>The address at which the others reach this silo.</value>
    public required IPAddress Host { get; init; }

    /// <value>Port for other silos.</value>
    public required int SiloPort { get; init; }

    /// <value>Port for clients.</value>
    public required int GatewayPort { get; init; }

    /// <value>Port for health probes and the HTTP API.</value>
    public required int HttpPort { get; init; }

    /// <value>What holds ports until their servers listen, which take them over; null (default) for nothing.</value>
    public PortReservation? Ports { get; init; }

    /// <value>What the silo answers over HTTP.</value>
    public required ISiloServer Http { get; init; }

    /// <value>Port for tensors; 0 for the one that the silo listens on.</value>
    public int TensorPort { get; init; }

    /// <value>Where the silo listens. Default: on <see cref="Host"/> and the ports that others are told.</value>
    public SiloListening Listening
    {
        get => field ?? new SiloListening(Host, SiloPort, GatewayPort, TensorPort);
        init;
    }

    /// <value>The secret that only silos of this cluster know.</value>
    public required ReadOnlyMemory<byte> Secret { get; init; }

    /// <value>The silo's certificate if the cluster uses TLS; null (default) for none.</value>
    public ClusterTlsOptions? Tls { get; init; }

    /// <value>What the silo must have in common with the others.</value>
    public required ClusterTraits Traits { get; init; }

    /// <value>The silo's roles, out of <see cref="SiloRoles.All"/>.</value>
    public required IReadOnlyList<string> Roles { get; init; }

    /// <value>Intra-op threads that this machine offers to runs.</value>
    public required int Threads { get; init; }

    /// <value>Memory that this machine offers to tensors; 0 for no limit.</value>
    public long MemoryBytes { get; init; }

    /// <value>Whether that is what the silo found, and nobody set it: see <see cref="TrainingSilo.IsMemoryFound"/>. Default false.</value>
    public bool IsMemoryFound { get; init; }

    /// <value>Runs that may train here at one time. Default 4.</value>
    public int MaxRuns { get; init; } = TrainingSilo.DefaultMaxRuns;

    /// <value>How long a silo may stay silent before it counts as one missed probe. Default 1.5 s.</value>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <value>Missed probes after which a silo is declared dead. Default 2.</value>
    public int MissedProbes { get; init; } = 2;

    /// <value>How long moving everything away may take before this silo leaves. Default 25 s.</value>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(25);

    /// <value>Whether logs are JSON (one object per message, with its scopes) instead of plain lines. Default false.</value>
    public bool JsonLogs { get; init; }

    /// <value>Where preemption notices come from; empty for SIGTERM only.</value>
    public IReadOnlyList<IPreemptionSource> PreemptionSources { get; init; } = [];
}
