using LisaOrleans.Checkpoints;
using LisaOrleans.Grains;

namespace LisaOrleans.Silo;

/// <summary>What a silo within this process needs.</summary>
public sealed record EmbeddedSiloOptions
{
    /// <value>The blob store. Not owned.</value>
    public required IBlobStore Store { get; init; }

    /// <value>What the silo answers over HTTP; null for no server.</value>
    public ISiloServer? Http { get; init; }

    /// <value>Port of that server on loopback; 0 for any free one.</value>
    public int HttpPort { get; init; }

    /// <value>What holds that port until the server listens, which takes it over; null (default) for nothing.</value>
    public PortReservation? Ports { get; init; }

    /// <value>The run that this silo is started for, whose lease the caller has; null (default) for none.</value>
    public string? Run { get; init; }

    /// <value>How runs behave, whatever they train.</value>
    public RunOptions Runs { get; init; } = new();
}
