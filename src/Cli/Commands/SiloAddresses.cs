using System.Net;
using LisaOrleans.Api;

namespace LisaOrleans.Cli;

/// <summary>The addresses of a silo: the one that others reach it at, and the one that it listens at.</summary>
internal static class SiloAddresses
{
    /// <summary>What the others are told.</summary>
    public static IPAddress Host(SettingValues values)
    {
        var address = Read(values, KnownSettings.Host, values.Text(KnownSettings.Host), "at which the other silos reach this one");
        return IsAny(address)
            ? throw Wrong(values, KnownSettings.Host, $"'{address}' stands for all addresses of this machine; give the one at which the other silos "
                + $"reach this one, and --{KnownSettings.ListenAddress.Flag} {address}")
            : address;
    }

    /// <summary>Where it listens: an address of this machine, or all of them.</summary>
    public static IPAddress Listening(SettingValues values, IPAddress host) =>
        values.OptionalText(KnownSettings.ListenAddress) is { } text ? Read(values, KnownSettings.ListenAddress, text, "of this machine") : host;

    /// <summary>Where the HTTP API then listens.</summary>
    public static IPAddress[] Http(IPAddress listening, bool hasKeys) => [.. HttpListening.At(listening, hasKeys).Select(a => a.Address)];

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);

    private static IPAddress Read(SettingValues values, Setting setting, string text, string which) =>
        text == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(text, out var address) ? address
        : throw Wrong(values, setting, $"'{text}' must be an IP address {which}");

    private static UsageException Wrong(SettingValues values, Setting setting, string problem) => new($"{values.Place(setting.Key)}: {problem}");
}
