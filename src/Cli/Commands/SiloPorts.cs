using System.Net;
using System.Net.Sockets;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>The ports of a silo: the one asked for, if it is free; if none was asked for, the usual one or any free one.</summary>
internal sealed class SiloPorts(SettingValues values, IPAddress host) : IDisposable
{
    private readonly PortReservation _reservation = new();

    /// <summary>A port, held until this is disposed of.</summary>
    /// <param name="setting">Which.</param>
    /// <param name="addresses">Where it is listened at.</param>
    /// <exception cref="UsageException">It is in use.</exception>
    public int Take(Setting setting, params IReadOnlyList<IPAddress> addresses) => Take(_reservation, setting, addresses);

    /// <summary>
    /// A port that is free now and not held: its server shares it with nobody, and health probes that come meanwhile are to
    /// be refused rather than cut off.
    /// </summary>
    /// <param name="setting">Which.</param>
    /// <param name="addresses">Where it is listened at.</param>
    /// <exception cref="UsageException">It is in use.</exception>
    public int Find(Setting setting, params IReadOnlyList<IPAddress> addresses)
    {
        using var probe = new PortReservation();
        return Take(probe, setting, addresses);
    }

    private int Take(PortReservation reservation, Setting setting, IReadOnlyList<IPAddress> addresses)
    {
        var port = Read(values, setting, lowest: 1);
        try
        {
            if (addresses.All(a => reservation.TryAdd(a, port))) return port;
            return values.Has(setting)
                ? throw new UsageException(
                    $"{values.Place(setting.Key)}: port {port} is in use on this machine; choose another one, or leave the setting out "
                        + $"and a free one is taken")
                : reservation.AddFree(addresses[^1]);
        }
        catch (SocketException e)
        {
            throw e.SocketErrorCode == SocketError.AddressNotAvailable
                ? new UsageException($"{values.Place(KnownSettings.Host.Key)}: '{host}' is not an address of this machine")
                : new UsageException($"{values.Place(setting.Key)}: port {port} cannot be listened at: {e.Message}");
        }
    }

    public void Dispose() => _reservation.Dispose();

    /// <summary>A port as it was written.</summary>
    public static int Read(SettingValues values, Setting setting, int lowest)
    {
        var port = values.Integer(setting);
        return port >= lowest && port <= IPEndPoint.MaxPort
            ? (int)port
            : throw new UsageException($"{values.Place(setting.Key)}: '{port}' must be from {lowest} to {IPEndPoint.MaxPort}");
    }
}
