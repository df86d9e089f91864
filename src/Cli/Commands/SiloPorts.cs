using System.Net;
using System.Net.Sockets;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>The ports of a silo: the one asked for, if it is free; if none was asked for, the usual one or any free one.</summary>
internal sealed class SiloPorts(SettingValues values) : IDisposable
{
    /// <summary>Holds the ports until their servers take them over.</summary>
    public PortReservation Reservation { get; } = new();

    /// <summary>The port that others are told, and the one that is listened at.</summary>
    /// <param name="told">The first.</param>
    /// <param name="listened">The second; where it was not given they are one.</param>
    /// <param name="address">Where it is listened at.</param>
    /// <exception cref="UsageException">It is in use.</exception>
    public (int Told, int Listened) TakePair(Setting told, Setting listened, IPAddress address)
    {
        if (values.Has(listened)) return (Read(values, told, lowest: 1), Take(listened, [address]));
        var port = Take(told, [address]);
        return (port, port);
    }

    /// <summary>The same for tensors, whose port may be any.</summary>
    /// <param name="address">Where it is listened at.</param>
    /// <exception cref="UsageException">It is in use.</exception>
    public (int Told, int Listened) TakeTensorPair(IPAddress address)
    {
        var (told, listened) = (KnownSettings.TensorPort, KnownSettings.ListenTensorPort);
        if (Read(values, told, lowest: 0) > 0) return TakePair(told, listened, address);
        return values.Has(listened)
            ? throw new UsageException($"{values.Place(listened.Key)}: needs --{told.Flag} too, the port at which other silos reach it")
            : (0, 0);
    }

    /// <summary>The port of the HTTP server.</summary>
    /// <param name="setting">Which setting names it.</param>
    /// <param name="addresses">Where it is listened at.</param>
    /// <exception cref="UsageException">It is in use.</exception>
    public int TakeHttp(Setting setting, IReadOnlyList<IPAddress> addresses) => Take(setting, addresses);

    private int Take(Setting setting, IReadOnlyList<IPAddress> addresses)
    {
        var port = Read(values, setting, lowest: 1);
        try
        {
            if (Reservation.TryAdd(addresses, port)) return port;
            return values.Has(setting)
                ? throw new UsageException(
                    $"{values.Place(setting.Key)}: port {port} is in use on this machine; choose another one, or leave the setting out "
                        + $"and a free one is taken")
                : Reservation.AddFree(addresses);
        }
        catch (SocketException e)
        {
            throw e.SocketErrorCode == SocketError.AddressNotAvailable
                ? NotOfThisMachine(addresses[^1])
                : new UsageException($"{values.Place(setting.Key)}: port {port} cannot be listened at: {e.Message}");
        }
    }

    public void Dispose() => Reservation.Dispose();

    private UsageException NotOfThisMachine(IPAddress address) => values.Has(KnownSettings.ListenAddress)
        ? new($"{values.Place(KnownSettings.ListenAddress.Key)}: '{address}' is not an address of this machine")
        : new($"{values.Place(KnownSettings.Host.Key)}: '{address}' is not an address of this machine; if others reach it there all the same (NAT, "
            + $"published ports), give --{KnownSettings.ListenAddress.Flag} too");

    /// <summary>A port as it was written.</summary>
    public static int Read(SettingValues values, Setting setting, int lowest)
    {
        var port = values.Integer(setting);
        return port >= lowest && port <= IPEndPoint.MaxPort
            ? (int)port
            : throw new UsageException($"{values.Place(setting.Key)}: '{port}' must be from {lowest} to {IPEndPoint.MaxPort}");
    }
}
