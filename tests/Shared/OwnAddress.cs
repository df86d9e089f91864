using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace LisaOrleans.Tests;

/// <summary>Addresses of this machine.</summary>
internal static class OwnAddress
{
    /// <summary>One beyond loopback; skips the test where there is none.</summary>
    public static IPAddress BeyondLoopback()
    {
        var beyond = NetworkInterface.GetAllNetworkInterfaces()
            .Where(n => n.OperationalStatus == OperationalStatus.Up).SelectMany(n => n.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address).FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(a));
        Assert.SkipWhen(beyond is null, "this machine has no address beyond loopback");
        return beyond!;
    }
}
