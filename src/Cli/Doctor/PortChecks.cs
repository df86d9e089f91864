using System.Net;
using System.Net.Sockets;
using LisaOrleans.Silo;

namespace LisaOrleans.Cli;

/// <summary>Whether a silo's ports are free.</summary>
internal static class PortChecks
{
    // What the others are told, and what is listened at where that differs.
    private static readonly (Setting Told, Setting Listened)[] s_ports =
    [
        (KnownSettings.SiloPort, KnownSettings.ListenSiloPort), (KnownSettings.GatewayPort, KnownSettings.ListenGatewayPort),
        (KnownSettings.TensorPort, KnownSettings.ListenTensorPort),
    ];

    public static IEnumerable<Check> Run(SettingValues values)
    {
        IPAddress listening;
        try
        {
            listening = SiloAddresses.Listening(values, SiloAddresses.Host(values));
        }
        catch (UsageException e)
        {
            return [new Check("host", Verdict.Fault, e.Message, "Give the address at which other machines reach this one.")];
        }

        using var ports = new PortReservation();
        var http = SiloAddresses.Http(listening, values.OptionalPath(KnownSettings.ApiKeyFile) is not null);
        return
        [
            .. s_ports.Select(p => values.Has(p.Listened) ? p.Listened : p.Told)
                .Where(p => p != KnownSettings.TensorPort || SiloPorts.Read(values, p, lowest: 0) > 0)
                .Select(p => Look(values, ports, p, listening)),
            .. http.Select(address => Look(values, ports, KnownSettings.HttpPort, address)),
        ];
    }

    private static Check Look(SettingValues values, PortReservation ports, Setting setting, IPAddress host)
    {
        var port = SiloPorts.Read(values, setting, lowest: 1);
        try
        {
            if (ports.TryAdd(host, port)) return new Check("port", Verdict.Ok, $"{port} of {host} is free (--{setting.Flag})");
            return values.Has(setting)
                ? new Check(
                    "port", Verdict.Fault, $"{port} of {host} is in use",
                    $"Choose another --{setting.Flag}, or leave it out and a free one is taken.")
                : new Check(
                    "port", Verdict.Warning, $"{port} of {host} is in use, the usual one of --{setting.Flag}", "A silo takes any free one instead.");
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.AddressNotAvailable
                ? new Check("port", Verdict.Fault, $"{host} is no address of this machine", "Give --host one of this machine's addresses.")
                : new Check("port", Verdict.Fault, $"{port} of {host} cannot be listened at: {e.Message}", $"Choose another --{setting.Flag}.");
        }
    }
}
