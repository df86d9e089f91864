using System.Net;

namespace LisaOrleans.Silo;

/// <summary>
/// Checks, when a silo's listeners are up and before it joins its cluster, whether it shares a port with another process that
/// was started at the same moment. If they shared one, each would be taken for the other.
/// </summary>
internal sealed class PortGuard(ClusterSiloOptions options) : ILifecycleParticipant<ISiloLifecycle>
{
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(PortGuard), ServiceLifecycleStage.RuntimeInitialize, _ =>
    {
        foreach (var port in (int[])[options.Listening.SiloPort, options.Listening.GatewayPort])
        {
            if (PortReservation.Listeners(new IPEndPoint(options.Listening.Address, port)) > 1)
                throw new PortInUseException($"port {port} of {options.Listening.Address} has just been taken by another process");
        }

        return Task.CompletedTask;
    });
}
